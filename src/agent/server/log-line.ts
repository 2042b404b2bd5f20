/** One line of an agent's log, `time event key=value…`: how it is written, and how it is read. */
import { printable } from '../../text.ts';

/** One event, in words and numbers of ours. Never server text, never a token. */
export type LogEvent =
  | 'started'
  | 'stopped'
  | 'idle'
  | 'refreshed'
  | 'refresh failed'
  | 'renewed'
  | 'renewal failed'
  | 'call failed'
  | 'forwarding began'
  | 'forwarded'
  | 'forwarding ended'
  | 'connection refused'
  | 'account gone'
  | 'lost its place'
  | 'outdated'
  | 'locked'
  | 'unlocked'
  | 'wrong passphrase'
  | 'not logged';

export type LogDetail = Readonly<Record<string, string | number>>;

/** A line as it was read: a file may hold anything, so the event is only a text. */
export interface ReadLine {
  /** RFC 3339. Absent: the line does not begin with a time. */
  readonly time?: string;
  readonly event: string;
  readonly detail: LogDetail;
}

/** Characters of a line that are looked at. One of ours is far shorter. */
const LONGEST_LINE = 2_000;

const LINE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) (.*)$/;

/** @param at - milliseconds */
export function logLine(at: number, event: LogEvent, detail: LogDetail = {}): string {
  const fields = Object.entries(detail).map(([name, value]) => ` ${name}=${String(value)}`);
  return `${new Date(at).toISOString()} ${event}${fields.join('')}\n`;
}

/** Never throws: a line that is none of ours is an event by itself. */
export function parseLogLine(line: string): ReadLine {
  const text = printable(line, LONGEST_LINE);
  const [, time, rest] = LINE.exec(text) ?? [];
  if (time === undefined || rest === undefined || Number.isNaN(Date.parse(time))) return { event: text, detail: {} };
  // A value may have blanks in it, as in `reason=made room`; a name has none.
  const [event = '', ...fields] = rest.split(/ (?=[a-z_]+=)/);
  return { time, event, detail: Object.fromEntries(fields.map(readField)) };
}

function readField(field: string): [name: string, value: string | number] {
  const at = field.indexOf('=');
  const value = field.slice(at + 1);
  return [field.slice(0, at), /^\d{1,15}$/.test(value) ? Number(value) : value];
}
