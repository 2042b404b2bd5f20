/** Spans of time as they are typed and written here: `30m`, `30 min`, `2h`, `7d`; and as they are said: `12 days`. */
import { counted } from '../text.ts';

/** Seconds of a unit. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400 };

const SPAN = /^(\d{1,9}) ?(s|m|min|h|d)$/;

/** Seconds; undefined for what is no span. */
export function parseSpan(text: string): number | undefined {
  const [, count, unit] = SPAN.exec(text) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * (UNITS[unit] ?? 0);
}

type Said = readonly [seconds: number, one: string, many: string];

const DAY: Said = [86_400, 'day', 'days'];
const SECOND: Said = [1, 's', 's'];

const SAID: readonly Said[] = [DAY, [3_600, 'h', 'h'], [60, 'min', 'min'], SECOND];

/** `12 days`, `3 h`, `12 min`: the largest whole unit of a span in seconds that has gone, or was typed. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const unit = SAID.find(([size]) => whole >= size) ?? SECOND;
  return said(Math.floor(whole / unit[0]), unit);
}

/**
 * What is left, in seconds: `30 days` until a day of them has gone. Between one unit and two it is said in the smaller one, as `25 h`,
 * for of that little two days would be too much.
 */
export function spanLeft(seconds: number): string {
  let [unit, count] = [SECOND, begun(seconds, 1)];
  for (const larger of SAID.toReversed().slice(1)) {
    const [size] = larger;
    const inLarger = begun(seconds, size);
    if (count * unit[0] < (inLarger === 1 ? size : 2 * size)) break;
    [unit, count] = [larger, inLarger];
  }
  return said(count, unit);
}

/** The whole days that are left, as `spanLeft` counts them. */
export function daysLeft(seconds: number): number {
  return begun(seconds, DAY[0]);
}

/** Units that have begun. What is over by less than this part of one is what two clocks differ by. */
function begun(seconds: number, size: number): number {
  return Math.max(0, Math.ceil(seconds / size - 1 / 50));
}

function said(count: number, [, one, many]: Said): string {
  return counted(count, one, many);
}
