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

const SAID: readonly (readonly [seconds: number, one: string, many: string])[] = [
  [86_400, 'day', 'days'],
  [3_600, 'h', 'h'],
  [60, 'min', 'min'],
  [1, 's', 's'],
];

/** `12 days`, `3 h`, `12 min`: the largest whole unit of a span in seconds. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [size, one, many] = SAID.find(([size]) => whole >= size) ?? [1, 's', 's'];
  const count = Math.floor(whole / size);
  return counted(count, one, many);
}
