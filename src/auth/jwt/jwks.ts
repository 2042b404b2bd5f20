import type { JWTVerifyGetKey } from 'jose';
import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import type { Http } from '../../http.ts';
import { parseJson, unexpectedStatus } from '../../net/answers.ts';

/** Milliseconds between two fetches of one key set, whatever came of the first. */
export const COOLDOWN = 30_000;
const MAX_BYTES = 256 * 1024;
const DEFAULT_TTL = 3_600;

/** Where a set comes from: the server, seldom, or what is kept of its answer. */
export interface KeySetSource {
  /** Whether the server may be asked again. */
  isDue(): boolean;
  /** The set as JSON. `renew`: not one that is known already, if it may be asked for. */
  get(renew: boolean): Promise<string>;
}

export interface JwksOptions {
  readonly http: Http;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Seconds a key set is used for (`RUNBEAM_JWKS_TTL`); 3,600 by default. */
  readonly ttl?: number;
  /** Makes the source out of what asks the server. Default: kept in this process alone. */
  readonly source?: ((fetch: () => Promise<string>, ttl: number) => KeySetSource) | undefined;
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
  const { http, clock, ttl = DEFAULT_TTL, source } = options;
  const fetch = (): Promise<string> => fetchKeys(url, http);
  const from = source === undefined ? inMemory(fetch, clock) : source(fetch, ttl);
  let renew = false;
  const customised = async (): Promise<Response> => new Response(await from.get(renew));
  const cacheMaxAge = ttl * 1_000;
  const keys = createRemoteJWKSet(new URL(url), { [customFetch]: customised, cacheMaxAge, cooldownDuration: Infinity });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !from.isDue()) throw error;
      renew = true;
      await keys.reload().finally(() => (renew = false));
      return keys(header, token);
    }
  };
}

/** The last answer, or failure, given to everybody until the server may be asked again. */
function inMemory(fetch: () => Promise<string>, clock: Pick<Clock, 'elapsed'>): KeySetSource {
  let askedAt = -Infinity;
  let last = Promise.resolve('');
  const isDue = (): boolean => clock.elapsed() - askedAt >= COOLDOWN;
  return {
    isDue,
    get: () => {
      if (isDue()) {
        askedAt = clock.elapsed();
        last = fetch();
      }
      return last;
    },
  };
}

/** The JSON of a set that was kept; undefined for what is none. */
export function keySetText(value: unknown): string | undefined {
  const result = v.safeParse(setSchema, value);
  return result.success ? JSON.stringify(result.output) : undefined;
}

async function fetchKeys(url: string, http: Http): Promise<string> {
  const what = `key set of ${new URL(url).host}`;
  const answer = await http({ url, maxBytes: MAX_BYTES });
  if (answer.status !== 200) throw unexpectedStatus(answer, what);
  return JSON.stringify(parseJson(answer, setSchema, what));
}
