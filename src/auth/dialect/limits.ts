/** A server's numbers, brought into a range that cannot hurt. All in seconds unless named otherwise. */

const LONGEST_LIFETIME = 400 * 86_400;

/** How long a device login may take: 1 to 1,800. */
export function clampExpiry(seconds: number): number {
  return clamp(seconds, 1, 1_800);
}

/** The pause between two polls: 1 to 60, and 5 when the server names none (RFC 8628 section 3.2). */
export function clampInterval(seconds: number | undefined): number {
  return clamp(seconds ?? 5, 1, 60);
}

/**
 * Unix seconds when a token ends, by this machine's clock; undefined when the server does not say.
 *
 * @param now - milliseconds since 1970
 * @param expiresIn - seconds, never below 0 and cut at 400 days
 */
export function expiresAt(now: number, expiresIn: number | undefined): number | undefined {
  if (expiresIn === undefined || Number.isNaN(expiresIn)) return undefined;
  return Math.floor(now / 1000 + clamp(expiresIn, 0, LONGEST_LIFETIME));
}

/** Unix seconds of a clock's milliseconds. */
export function unixSeconds(now: number): number {
  return Math.floor(now / 1000);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
