import type * as Jose from 'jose';
import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import type { Http } from '../../http.ts';
import { parseJson, unexpectedStatus } from '../../net/answers.ts';

const COOLDOWN = 30_000;
const MAX_BYTES = 256 * 1024;
const DEFAULT_TTL = 3_600;

export interface JwksOptions {
  readonly http: Http;
  readonly clock: Clock;
  /** Seconds a key set is used for (`RUNBEAM_JWKS_TTL`); 3,600 by default. */
  readonly ttl?: number;
}

/** The public signing keys of servers, by the URL of their key set. */
export interface Jwks {
  /**
   * The RS256 key with this `kid`; undefined when the set has none. Throws what the fetch threw while no set is known,
   * also to every other call within 30 s of it.
   */
  key(url: string, kid: string): Promise<Jose.CryptoKey | undefined>;
}

/** One key set: what is known of it, and when it was last asked for, whether or not that worked. */
interface Entry {
  keys: readonly Key[];
  /** Milliseconds since 1970; NaN for never. */
  fetchedAt: number;
  askedAt: number;
  failure: unknown;
  pending: Promise<void> | undefined;
}

const keySchema = v.object({
  kty: v.string(),
  kid: v.optional(v.string()),
  use: v.optional(v.string()),
  key_ops: v.optional(v.array(v.string())),
  alg: v.optional(v.string()),
  n: v.optional(v.string()),
  e: v.optional(v.string()),
});

type Key = v.InferOutput<typeof keySchema>;

// Keys of kinds that we do not use may have any shape.
const setSchema = v.object({ keys: v.array(v.fallback(keySchema, { kty: '' })) });

/**
 * A cache of key sets that cannot be made to flood a server: one fetch at a time, one more for an unknown `kid`, and
 * never two within 30 s, failures included.
 */
export function createJwks(options: JwksOptions): Jwks {
  const entries = new Map<string, Entry>();
  return {
    key: async (url, kid) => {
      const entry = entries.get(url) ?? {
        keys: [],
        fetchedAt: NaN,
        askedAt: NaN,
        failure: undefined,
        pending: undefined,
      };
      entries.set(url, entry);
      if (!isFresh(entry, options) || find(entry.keys, kid) === undefined) await load(url, entry, options);
      // Stale keys are not used: their owner may have withdrawn them.
      if (!isFresh(entry, options)) throw entry.failure;
      const found = find(entry.keys, kid);
      return found === undefined ? undefined : imported(found);
    },
  };
}

function isFresh(entry: Entry, { clock, ttl = DEFAULT_TTL }: JwksOptions): boolean {
  return since(entry.fetchedAt, clock) < Math.max(ttl * 1000, COOLDOWN);
}

/** Milliseconds that have passed; a clock that was set back counts as a long time, not as none. */
function since(then: number, clock: Clock): number {
  const ms = clock.now() - then;
  return Number.isNaN(ms) || ms < 0 ? Infinity : ms;
}

/** Fetches, unless a fetch is under way (then waits for it) or the last one began less than 30 s ago. */
async function load(url: string, entry: Entry, options: JwksOptions): Promise<void> {
  if (entry.pending === undefined) {
    if (since(entry.askedAt, options.clock) < COOLDOWN) return;
    entry.askedAt = options.clock.now();
    entry.pending = store(url, entry, options).finally(() => {
      entry.pending = undefined;
    });
  }
  await entry.pending;
}

async function store(url: string, entry: Entry, { http, clock }: JwksOptions): Promise<void> {
  try {
    entry.keys = await fetchKeys(url, http);
    entry.fetchedAt = clock.now();
  } catch (error) {
    entry.failure = error;
  }
}

async function fetchKeys(url: string, http: Http): Promise<readonly Key[]> {
  const what = `key set of ${new URL(url).host}`;
  const answer = await http({ url, maxBytes: MAX_BYTES });
  if (answer.status !== 200) throw unexpectedStatus(answer, what);
  return parseJson(answer, setSchema, what).keys;
}

function find(keys: readonly Key[] | undefined, kid: string): Key | undefined {
  const usable = (keys ?? []).filter(
    (key) =>
      key.kid === kid &&
      key.kty === 'RSA' &&
      (key.use === undefined || key.use === 'sig') &&
      (key.key_ops === undefined || key.key_ops.includes('verify')) &&
      (key.alg === undefined || key.alg === 'RS256'),
  );
  return usable.length === 1 ? usable[0] : undefined;
}

async function imported({ n, e }: Key): Promise<Jose.CryptoKey | undefined> {
  if (n === undefined || e === undefined) return undefined;
  const { importJWK } = await import('jose');
  const key = await importJWK({ kty: 'RSA', n, e }, 'RS256');
  return key instanceof Uint8Array ? undefined : key;
}
