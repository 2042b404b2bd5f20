/** Moments and spans as a reader takes them. */
import { printable } from '../../text.ts';

const UNITS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** `3 h`, `12 min`, `5 d`: the largest whole unit of a span in seconds. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [size, unit] = UNITS.find(([size]) => whole >= size) ?? [1, 's'];
  return `${Math.floor(whole / size)} ${unit}`;
}

/** `in 3 h` or `2 d ago`. `at` is unix seconds, `now` milliseconds. */
export function relative(at: number, now: number): string {
  const seconds = at - now / 1000;
  return seconds >= 0 ? `in ${span(seconds)}` : `${span(-seconds)} ago`;
}

/**
 * What to say of a clock that is wrong: `5 min ahead of edge.example.com`.
 *
 * @param skew - seconds that this machine's clock is ahead of the server's; negative: behind
 */
export function describeSkew(skew: number, server: string): string {
  return `${roughSpan(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} ${server}`;
}

/** `95 min`, `30 h`, `3 days`. */
function roughSpan(seconds: number): string {
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** `2026-12-21 10:00 UTC` for an RFC 3339 time or unix seconds; a text that is no time is shown as it is. */
export function when(time: string | number): string {
  const ms = typeof time === 'number' ? time * 1000 : Date.parse(time);
  if (!(Math.abs(ms) <= 8.64e15)) return printable(String(time), 40);
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
