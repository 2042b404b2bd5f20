import type { Clock } from '../clock.ts';
import type { Http, HttpResponse } from '../http.ts';
import { httpDate } from './answers.ts';

/** Seconds that this machine's clock is ahead of a server's; negative when it is behind. */
export type ClockSkew = number;

/** A skew up to this is nothing to speak of: tokens are checked with the same leeway, seconds. */
const TOLERATED = 60;

export interface ClockWatch {
  /** As the client it was made of. */
  readonly http: Http;
  /** By the `Date` of the last answer; undefined while none had one, and for up to 60 s either way. */
  skew(): ClockSkew | undefined;
}

/** Watches what time the answers to a client's requests say it is. */
export function watchClock(http: Http, clock: Clock): ClockWatch {
  let last: ClockSkew | undefined;
  return {
    http: async (request) => {
      const start = clock.now();
      const answer = await http(request);
      last = skewOf(answer, start, clock.now()) ?? last;
      return answer;
    },
    skew: () => (last !== undefined && Math.abs(last) > TOLERATED ? last : undefined),
  };
}

/** A server's `Date` is cut to seconds and was set some time between `start` and `end`: within that there is no skew. */
function skewOf({ headers }: HttpResponse, start: number, end: number): ClockSkew | undefined {
  const date = httpDate(headers['date']);
  // An answer out of a cache has the time at which it went in.
  if (date === undefined || headers['age'] !== undefined) return undefined;
  if (date > end) return Math.round((end - date) / 1000);
  return Math.max(0, Math.round((start - date - 1000) / 1000));
}

/** `{clockSkew}` where there is one to speak of, to be spread into a result. */
export function clockSkewOf(watch: ClockWatch): { readonly clockSkew?: ClockSkew } {
  const clockSkew = watch.skew();
  return clockSkew === undefined ? {} : { clockSkew };
}
