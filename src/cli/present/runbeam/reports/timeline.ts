/** Machine tokens as one page of HTML with a timeline: no scripts, and nothing that is fetched from elsewhere. */
import { LIFE, type TokenRow } from '../../../../runbeam/token-standing.ts';
import { asContent, printable } from '../../../../text.ts';
import { relativeMoment } from '../../time.ts';
import { nameOf, SAID, urgencyOf, type Urgency } from '../tokens.ts';

const DAY = 86_400_000;

/** Of the timeline, before and after now. */
const DAYS = LIFE / DAY;

/** What the colours mean, for whoever does not see them. */
const WORDS: Readonly<Record<Urgency, string>> = {
  gone: 'no longer in use',
  fine: 'in force',
  soon: 'to watch',
  now: 'urgent',
};

const STYLE = `
:root { color-scheme: light dark; --text: #1c2024; --dim: #60646c; --line: #d9d9e0; --page: #fcfcfd;
  --fine: #2b9a66; --soon: #c07a00; --now: #ce2c31; --gone: #b9bbc6; }
@media (prefers-color-scheme: dark) {
  :root { --text: #edeef0; --dim: #b0b4ba; --line: #363a3f; --page: #111113;
    --fine: #33b074; --soon: #ffba18; --now: #ff6369; --gone: #5a6169; }
}
body { margin: 0 auto; padding: 1.5rem 1rem; max-width: 75rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.5rem; }
p, .code, .axis { color: var(--dim); }
p { margin: 0 0 1.5rem; }
ol { margin: 0; padding: 0; list-style: none; }
li { display: grid; grid-template-columns: 15rem 1fr 17rem; gap: 0 1.5rem; align-items: center; padding: .5rem 0;
  border-bottom: 1px solid var(--line); }
li > * { min-width: 0; overflow-wrap: anywhere; }
.name { font-weight: 600; }
.code { display: block; font-size: .875rem; font-weight: 400; }
.axis { position: sticky; top: 0; background: var(--page); font-size: .875rem; }
.days { display: flex; justify-content: space-between; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: 1.25rem; }
.track { fill: var(--line); } .today { fill: var(--text); }
.fine { fill: var(--fine); } .soon { fill: var(--soon); } .now { fill: var(--now); } .gone { fill: var(--gone); }
@media (max-width: 48rem) {
  li { grid-template-columns: 1fr; }
  .axis > :not(.days) { display: none; }
}
@media print { .axis { position: static; } svg { print-color-adjust: exact; } }
`;

/**
 * A document of its own, light or dark as its reader likes it, for 390 pixels and more. Times are UTC: it is read anywhere.
 *
 * @param now - milliseconds
 */
export function timelinePage(rows: readonly TokenRow[], now: number): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256').update(STYLE).digest('base64');
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    '<title>Machine tokens</title>',
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<h1>Machine tokens</h1>',
    `<p>${summary(rows, now)} Written ${onTheDay(now)}.</p>`,
    ...(rows.length === 0 ? [] : ['<ol>', axis(now), ...rows.map((row) => item(row, now)), '</ol>']),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function summary(rows: readonly TokenRow[], now: number): string {
  if (rows.length === 0) return 'No machine token from here is in use.';
  const counts = Object.entries(WORDS).flatMap(([urgency, words]) => {
    const count = rows.filter((row) => urgencyOf(row, now) === urgency).length;
    return count === 0 ? [] : [`${String(count)} ${words}`];
  });
  return `${counts.reverse().join(', ')}.`;
}

/** A date every fifteen days. */
function axis(now: number): string {
  const days = [-2, -1, 0, 1, 2].map((half) => {
    const date = new Date(now + (half * LIFE) / 2).toISOString().slice(5, 10);
    return `<span>${half === 0 ? 'now' : date}</span>`;
  });
  return `<li class="axis" aria-hidden="true"><span>Gateway</span><span class="days">${days.join('')}</span><span>Ends</span></li>`;
}

function item(row: TokenRow, now: number): string {
  const { gatewayCode, cloud, standing, givenOut } = row;
  const where = cloud === undefined ? '' : ` at ${printable(cloud, 100)}`;
  const code = asContent(`${printable(gatewayCode, 60)}${where}`);
  const said = givenOut === true ? 'given out' : SAID[standing];
  return [
    `<li><span class="name">${asContent(nameOf(row))}<span class="code">${code}</span></span>`,
    bar(row, now),
    `<span>${ends(row, now)}${said === '' ? '' : `<span class="code">${asContent(said)}</span>`}</span></li>`,
  ].join('\n');
}

function ends({ expiresAt }: TokenRow, now: number): string {
  const end = Date.parse(expiresAt ?? '');
  if (!isOfCalendar(end)) return 'end not known';
  const iso = new Date(end).toISOString();
  return `${end > now ? 'ends' : 'ended'} ${relativeMoment(iso, now)}<span class="code"><time datetime="${iso}">${onTheDay(end)}</time></span>`;
}

/** From when it was issued to its end, as far as the timeline goes. Its numbers are ours: no text gets into an attribute. */
function bar(row: TokenRow, now: number): string {
  const urgency = urgencyOf(row, now);
  const end = Date.parse(row.expiresAt ?? '');
  const issued = Date.parse(row.issuedAt ?? '');
  const [from, to] = [Number.isNaN(issued) ? end - LIFE : issued, end].map((time) => place(time, now));
  const filled =
    from === undefined || to === undefined || !(to > from)
      ? ''
      : `<rect class="${urgency}" x="${rounded(from)}" y="2" width="${rounded(to - from)}" height="6"/>`;
  return [
    `<svg viewBox="0 0 ${String(2 * DAYS)} 10" preserveAspectRatio="none" role="img" aria-label="${WORDS[urgency]}">`,
    `<rect class="track" y="4.5" width="${String(2 * DAYS)}" height="1"/>${filled}`,
    `<rect class="today" x="${String(DAYS)}" width="0.15" height="10"/></svg>`,
  ].join('');
}

/** Days from the beginning of the timeline. */
function place(time: number, now: number): number {
  return Math.max(0, Math.min(2 * DAYS, (time - now) / DAY + DAYS));
}

const rounded = (days: number): string => String(Number(days.toFixed(2)));

/** A year of four digits, which every reader of dates knows. */
const isOfCalendar = (time: number): boolean => time >= 0 && time < 253_402_300_800_000;

/** `2026-11-09 00:00 UTC`. */
function onTheDay(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
