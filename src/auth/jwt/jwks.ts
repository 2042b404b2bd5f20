import type { JWTVerifyGetKey } from 'jose';
import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import type { Http } from '../../http.ts';
import { parseJson, unexpectedStatus } from '../../net/answers.ts';

/** Milliseconds between two fetches of one key set, whatever came of the first. */
const COOLDOWN = 30_000;
const MAX_BYTES = 256 * 1024;
const DEFAULT_TTL = 3_600;

export interface JwksOptions {
  readonly http: Http;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Seconds a key set is used for (`RUNBEAM_JWKS_TTL`); 3,600 by default. */
  readonly ttl?: number;
}

// The public half alone: of what else a member holds nothing is used, and a private key is none to verify with.
const keySchema = v.object({
  kty: v.string(),
  kid: v.optional(v.string()),
  use: v.optional(v.string()),
  key_ops: v.optional(v.array(v.string())),
  alg: v.optional(v.string()),
  n: v.optional(v.string()),
  e: v.optional(v.string()),
});

// Keys of kinds that we do not use may have any shape, and jose would throw away the set for one that is no object.
const setSchema = v.object({ keys: v.array(v.fallback(keySchema, { kty: '' })) });

/**
 * The signing keys of a server, for `jwtVerify`: jose's remote key set, which finds the one key for a header. It is fetched
 * again for an unknown `kid`, but never twice in 30 s: jose's own cooldown covers successes only, and goes by the wall
 * clock. Throws jose's `JWKSNoMatchingKey` and `JWKSMultipleMatchingKeys`, and what the fetch threw while no set is known,
 * also to every other call within 30 s of it.
 */
export async function remoteKeySet(url: string, options: JwksOptions): Promise<JWTVerifyGetKey> {
  const { createRemoteJWKSet, customFetch, errors } = await import('jose');
  const { http, clock, ttl = DEFAULT_TTL } = options;
  let askedAt = -Infinity;
  let last = Promise.resolve('');
  const isDue = (): boolean => clock.elapsed() - askedAt >= COOLDOWN;
  const fetchSeldom = async (): Promise<Response> => {
    if (isDue()) {
      askedAt = clock.elapsed();
      last = fetchKeys(url, http);
    }
    return new Response(await last);
  };
  const cacheMaxAge = ttl * 1_000;
  const keys = createRemoteJWKSet(new URL(url), { [customFetch]: fetchSeldom, cacheMaxAge, cooldownDuration: Infinity });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !isDue()) throw error;
      await keys.reload();
      return keys(header, token);
    }
  };
}

async function fetchKeys(url: string, http: Http): Promise<string> {
  const what = `key set of ${new URL(url).host}`;
  const answer = await http({ url, maxBytes: MAX_BYTES });
  if (answer.status !== 200) throw unexpectedStatus(answer, what);
  return JSON.stringify(parseJson(answer, setSchema, what));
}
