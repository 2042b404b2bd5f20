/**
 * Moments and spans: in text `in 12 days (2026-12-09 10:00)`, by the reader's own clock, since that is what stands beside the
 * text; in JSON RFC 3339, which means the same everywhere.
 */
import { span } from '../../services/span.ts';
import { printable } from '../../text.ts';

export { rfc3339 } from '../../clock.ts';
export { span };

/** `in 3 h` or `2 days ago`. `at` is unix seconds, `now` milliseconds. */
function relative(at: number, now: number): string {
  const seconds = at - now / 1000;
  return seconds >= 0 ? `in ${span(seconds)}` : `${span(-seconds)} ago`;
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

/**
 * What to say of a clock that is wrong: `5 min ahead of edge.example.com`.
 *
 * @param skew - seconds that this machine's clock is ahead of the server's; negative: behind
 */
export function describeSkew(skew: number, server: string): string {
  return `${roughSpan(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} ${server}`;
}

/** `95 min`, `30 h`, `3 days`: rounded, and by the smaller unit where the larger would say too little. */
function roughSpan(seconds: number): string {
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
