/** Moments as a reader takes them: how long until, how long since. */

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
