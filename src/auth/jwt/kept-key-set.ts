/** A key set that processes share: fetched by one of them for all, and once in 30 s at most, failures included. */
import type { Clock } from '../../clock.ts';
import { BeamError, type ErrorCode } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { readKeySet, updateKeySet, type KeySetRecord } from '../../store/config/key-sets.ts';
import type { Homes } from '../../store/paths.ts';
import { COOLDOWN, keySetText, type KeySetSource } from './jwks.ts';

export interface KeptKeySetDeps {
  readonly homes: Homes;
  readonly clock: Clock;
  /** Whose set it is: the key of the server. */
  readonly key: string;
  readonly url: string;
  /** Seconds that a set is used for. */
  readonly ttl: number;
  /** Asks the server: the set as JSON, checked. */
  readonly fetch: () => Promise<string>;
}

/** Milliseconds that another process is waited for, which is asking the server just now. */
const PATIENCE = 3_000;
const PAUSE = 50;

/**
 * The set, for `remoteKeySet`. Where nothing can be kept (a home that cannot be written) each process is on its own. `get` throws
 * what fetching throws; within 30 s of a failure the code of that, and `timeout` where another process waits for its answer too long.
 */
export function keptKeySet(deps: KeptKeySetDeps): KeySetSource {
  const { homes, clock, key, url, ttl } = deps;
  const read = (): KeySetRecord | undefined => readKeySet(homes, key, url);
  const isDue = (record: KeySetRecord | undefined): boolean =>
    record === undefined || !isWithin(record.askedAt, COOLDOWN, clock.now());
  return {
    isDue: () => isDue(read()),
    get: async (renew) => {
      const known = read();
      const fresh = known?.fetchedAt !== undefined && isWithin(known.fetchedAt, ttl * 1_000, clock.now());
      const text = renew || !fresh ? undefined : textOf(known);
      if (text !== undefined) return text;
      const claim = await claimed(deps, isDue);
      return claim === 'others' ? answerOfOthers(deps, read) : fetchFor(deps, claim);
    },
  };
}

/** Times of the future are of a clock that was wrong, or made up: they hold nobody up. */
function isWithin(time: number, ms: number, now: number): boolean {
  return time <= now && now - time < ms;
}

/** Takes it on to ask the server: when, for whoever comes next; undefined where nothing can be kept. */
async function claimed(
  deps: KeptKeySetDeps,
  isDue: (record: KeySetRecord | undefined) => boolean,
): Promise<number | undefined | 'others'> {
  const { clock, url, key } = deps;
  const askedAt = clock.now();
  const claim: { mine?: boolean } = {};
  try {
    await updateKeySet(deps, key, url, (record) => {
      claim.mine = isDue(record);
      return claim.mine ? omitUndefined({ url, askedAt, fetchedAt: record?.fetchedAt, keys: record?.keys }) : undefined;
    });
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    // In a crowd somebody has it; one request each is what this is here against.
    return error.code === 'busy' ? 'others' : undefined;
  }
  return claim.mine === true ? askedAt : 'others';
}

async function fetchFor(deps: KeptKeySetDeps, askedAt: number | undefined): Promise<string> {
  const { clock } = deps;
  try {
    const text = await deps.fetch();
    await keep(deps, askedAt, () => ({ fetchedAt: clock.now(), keys: (JSON.parse(text) as { keys: unknown }).keys }));
    return text;
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    await keep(deps, askedAt, ({ fetchedAt, keys }) => omitUndefined({ fetchedAt, keys, failed: error.code }));
    throw error;
  }
}

/** Keeps what came, unless somebody has asked again since; what cannot be kept is used all the same. */
async function keep(
  deps: KeptKeySetDeps,
  askedAt: number | undefined,
  part: (record: KeySetRecord) => Omit<KeySetRecord, 'url' | 'askedAt'>,
): Promise<void> {
  if (askedAt === undefined) return;
  const { url, key } = deps;
  try {
    await updateKeySet(deps, key, url, (record) => (record?.askedAt === askedAt ? { url, askedAt, ...part(record) } : undefined));
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
  }
}

/** What another process was answered, or is about to be. */
async function answerOfOthers({ clock, url }: KeptKeySetDeps, read: () => KeySetRecord | undefined): Promise<string> {
  const host = new URL(url).host;
  const end = clock.elapsed() + PATIENCE;
  for (;;) {
    const record = read();
    const text = record?.fetchedAt !== undefined && record.fetchedAt >= record.askedAt ? textOf(record) : undefined;
    if (text !== undefined) return text;
    if (record?.failed !== undefined) throw seldom(record.failed, host, record.askedAt + COOLDOWN - clock.now());
    if (clock.elapsed() >= end) throw new BeamError('timeout', `Another process waits for the keys of ${host}`);
    await clock.sleep(PAUSE);
  }
}

function seldom(code: ErrorCode, host: string, ms: number): BeamError {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  return new BeamError(code, `${host} gave no keys a moment ago, and is asked again in ${String(seconds)} s`);
}

function textOf({ keys }: KeySetRecord): string | undefined {
  return keySetText({ keys });
}
