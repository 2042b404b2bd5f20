/** Time, passed in everywhere so that a test can own it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  /** Milliseconds on a clock that only goes forward, from any start. */
  elapsed(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The wall clock, milliseconds since 1970. By itself for what needs no more. */
export const now = (): number => Date.now();

export const systemClock: Clock = {
  now,
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

/**
 * What `work` comes to, else after so many milliseconds what `late` gives or throws; `work` goes on then, and nobody waits for it.
 */
export async function within<T>(
  clock: Pick<Clock, 'sleep'>,
  milliseconds: number,
  work: Promise<T>,
  late: () => T | Promise<T>,
): Promise<T> {
  const over = new AbortController();
  try {
    return await Promise.race([work, clock.sleep(milliseconds, over.signal).then(late, () => work)]);
  } finally {
    over.abort();
  }
}

/** The first and the last second that RFC 3339 has. */
const [FIRST_SECOND, LAST_SECOND] = [-62_167_219_200, 253_402_300_799];

/** Unix seconds as RFC 3339 in UTC, as every `--json` has times; whole seconds. Undefined stays undefined. */
export function rfc3339<T extends number | undefined>(seconds: T): T extends number ? string : string | undefined;
export function rfc3339(seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  const within = Math.min(LAST_SECOND, Math.max(FIRST_SECOND, Math.floor(seconds)));
  return new Date(within * 1000).toISOString().replace('.000Z', 'Z');
}
