/** Time, passed in everywhere so that a test can own it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  /** Milliseconds on a clock that only goes forward, from any start. */
  elapsed(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // Not `performance.now`, for which Node loads a module of a millisecond.
  elapsed: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1_000 + nanoseconds / 1_000_000;
  },
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const fail = (): void => {
        clearTimeout(timer);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', fail);
        resolve();
      }, ms);
      if (signal?.aborted) fail();
      else signal?.addEventListener('abort', fail, { once: true });
    }),
};

/** The last second that RFC 3339 can write, unix seconds. */
const LAST = 253_402_300_799;

/** Unix seconds as RFC 3339: `2026-12-21T10:00:00.000Z`. A moment that it cannot write becomes the nearest one that it can. */
export function rfc3339(seconds: number): string {
  return new Date(Math.min(Math.max(seconds, 0), LAST) * 1000).toISOString();
}
