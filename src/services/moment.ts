/** Moments as a text has them: `in 12 days (2026-12-09 10:00)`, by the reader's own clock, since that is what stands beside the text. */
import { rfc3339 } from '../clock.ts';
import { printable } from '../text.ts';
import { span, spanLeft } from './span.ts';

/** `in 3 h` or `2 days ago`. `at` is unix seconds, `now` milliseconds. */
function relative(at: number, now: number): string {
  const seconds = at - now / 1000;
  return seconds >= 0 ? `in ${spanLeft(seconds)}` : `${span(-seconds)} ago`;
}

/**
 * `in 12 days (2026-12-09 10:00)`, `2 h ago (2026-11-27 08:00)`: how a text says when.
 *
 * @param time - unix seconds, or RFC 3339; a text that is no time is shown as it is
 * @param now - milliseconds
 */
export function moment(time: number | string, now: number): string {
  const ms = typeof time === 'number' ? time * 1000 : Date.parse(time);
  if (!(Math.abs(ms) <= LAST)) return printable(String(time), 40);
  return `${relative(ms / 1000, now)} (${onTheClock(ms)})`;
}

/** A day before the last moment that a date can be, since a time zone may add to it. */
const LAST = 8.64e15 - 86_400_000;

/** As `moment`, and without the clock: `in 12 days`, for a column. `time` is RFC 3339, `now` milliseconds. */
export function relativeMoment(time: string, now: number): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? printable(time, 40) : relative(ms / 1000, now);
}

/** `2026-12-09 10:00`, in the time zone of this machine or of `TZ`. */
function onTheClock(ms: number): string {
  const shifted = ms - new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(shifted).toISOString().replace(/T(\d\d:\d\d).*/, ' $1');
}

/** What an error says, and the moment in it. */
export interface Telling {
  readonly message: string;
  /** Unix seconds. */
  readonly at?: number | undefined;
}

/**
 * What an error says, for a person: the moment that it tells as `at`, in RFC 3339 for programs, is said as everywhere in a text.
 * The error may be an agent's, whose time zone is not the reader's.
 *
 * @param now - milliseconds
 */
export function said({ message, at }: Telling, now: number): string {
  return at === undefined ? message : message.replace(`at ${rfc3339(at)}`, moment(at, now));
}
