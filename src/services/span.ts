/** Spans of time as they are typed and written here: `30m`, `30 min`, `2h`, `7d`. */

/** Seconds of a unit. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400 };

const SPAN = /^(\d{1,9}) ?(s|m|min|h|d)$/;

/** Seconds; undefined for what is no span. */
export function parseSpan(text: string): number | undefined {
  const [, count, unit] = SPAN.exec(text) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * (UNITS[unit] ?? 0);
}
