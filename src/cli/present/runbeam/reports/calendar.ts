/** Machine tokens as a calendar, RFC 5545: an event when each ends, for whoever looks at a calendar and at no terminal. */
import type { TokenRow } from '../../../../runbeam/token-standing.ts';
import { hexDigest, printable, shellWord } from '../../../../text.ts';
import { nameOf, SAID } from '../tokens.ts';

/** Octets of a line, without its end. */
const LINE = 75;

/** A calendar must have a component: without a token it has this one, which nothing refers to. */
const NOTHING = [
  'BEGIN:VTIMEZONE',
  'TZID:Etc/UTC',
  'BEGIN:STANDARD',
  'DTSTART:19700101T000000',
  'TZOFFSETFROM:+0000',
  'TZOFFSETTO:+0000',
  'END:STANDARD',
  'END:VTIMEZONE',
];

/**
 * An event for each token that has an end, with an alarm five days before where something can be done about it. Those that were
 * replaced have none. The same token has the same UID in every calendar.
 *
 * @param now - milliseconds
 */
export function calendarText(rows: readonly TokenRow[], now: number): string {
  // Two that cannot be told apart are one: a second event of a UID would take the place of the first.
  const events = new Map<string, string[]>();
  for (const row of rows) {
    const end = timeOf(row.expiresAt);
    if (row.standing === 'replaced' || end === undefined) continue;
    const uid = uidOf(row);
    events.set(uid, eventOf(row, { uid, end, stamp: timeOf(now) ?? end }));
  }
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//beamd//runbeam machine tokens//EN',
    'CALSCALE:GREGORIAN',
    'X-WR-CALNAME:Machine tokens',
    ...(events.size === 0 ? NOTHING : [...events.values()].flat()),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

function eventOf(row: TokenRow, { uid, end, stamp }: Readonly<Record<'uid' | 'end' | 'stamp', string>>): string[] {
  const said = row.givenOut === true ? 'given out' : SAID[row.standing];
  const summary = escaped(`Machine token of ${nameOf(row)} ends${said === '' ? '' : ` (${said})`}`);
  return [
    'BEGIN:VEVENT',
    `UID:${uid}`,
    `DTSTAMP:${stamp}`,
    `DTSTART:${end}`,
    `SUMMARY:${summary}`,
    `DESCRIPTION:${escaped(describe(row))}`,
    // Nobody is busy then.
    'TRANSP:TRANSPARENT',
    ...(isRenewable(row) ? ['BEGIN:VALARM', 'ACTION:DISPLAY', `DESCRIPTION:${summary}`, 'TRIGGER:-P5D', 'END:VALARM'] : []),
    'END:VEVENT',
  ];
}

/** Nothing brings back what is lost, and what was given out nothing here renews. */
function isRenewable({ standing, givenOut }: TokenRow): boolean {
  return givenOut !== true && standing !== 'lost' && standing !== 'perhaps_issued';
}

function describe(row: TokenRow): string {
  const { instance, gatewayCode, cloud } = row;
  const where = cloud === undefined ? '' : ` at ${printable(cloud)}`;
  const gateway = `Gateway ${printable(gatewayCode, 60)}${where}`;
  if (instance === undefined || !isRenewable(row)) return gateway;
  return `${gateway}\nRun: runbeam harmony:renew ${shellWord(instance.label)}`;
}

/** What never changes about a token, and shows nothing of it. */
function uidOf({ cloud, gatewayCode, issuedAt, expiresAt }: TokenRow): string {
  const facts = JSON.stringify([cloud, gatewayCode, issuedAt, expiresAt]);
  return `${hexDigest(facts, 32)}@runbeam.invalid`;
}

/** `20261109T000000Z`; undefined for what is no time, and for years that a calendar cannot have. */
function timeOf(time: string | number | undefined): string | undefined {
  const date = new Date(time ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return undefined;
  const text = date.toISOString();
  return /^\d/.test(text) ? text.replaceAll(/[-:]|\.\d+/g, '') : undefined;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\;,]/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`);
}

/** A long line goes on in the next one after a space; never in the middle of a character. */
function folded(line: string): string {
  if (Buffer.byteLength(line) <= LINE) return line;
  let [text, used] = ['', 0];
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (used + size > LINE) {
      text += '\r\n ';
      used = 1;
    }
    text += character;
    used += size;
  }
  return text;
}
