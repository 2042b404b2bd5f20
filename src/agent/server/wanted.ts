/** What a caller wants of a token beyond that it is valid, and whether one is that. */
import { BeamError } from '../../errors.ts';
import type { LoadedSession, TokenGrant } from '../protocol/agent.ts';
import type { Params } from '../protocol/wire.ts';

/** As the parameters of the call `token`. */
export type Wanted = Pick<Params<'token'>, 'refused' | 'minTtl' | 'refresh'>;

/** Why it is not what was wanted. */
type Unmet = NonNullable<TokenGrant['unmet']>;

/** What is given out. */
export interface Given {
  readonly session: LoadedSession;
  readonly unmet?: Unmet;
}

/** A token as an agent holds it. */
export interface HeldToken {
  readonly session: LoadedSession;
  /** Seconds until it ends, and those that it has from one end to the other; Infinity: it does not end by itself. */
  readonly left: number;
  readonly life: number;
}

/**
 * Whether another token would come nearer to what is wanted. Where the server gives none that lasts so long, one is taken while half
 * of its life is left: the next one would be hardly better.
 */
export function wantsAnother({ session, left, life }: HeldToken, { refused, minTtl = 0, refresh = false }: Wanted): boolean {
  return refresh || isRefused(session, refused) || left < (minTtl <= life ? minTtl : life / 2);
}

/**
 * What of the wishes a token does not meet; undefined: it meets them all.
 *
 * @param given - `isNew`: it was not held when it was asked for
 * @param error - with which the refresh failed that was tried
 */
export function unmetBy(given: HeldToken & { readonly isNew: boolean }, wanted: Wanted, error?: unknown): Unmet | undefined {
  const { session, left, life, isNew } = given;
  const { refused, minTtl = 0, refresh = false } = wanted;
  const isShort = left < minTtl;
  if (!isShort && !isRefused(session, refused) && (!refresh || isNew)) return undefined;
  // Only our own words leave this process.
  if (error instanceof BeamError) return { why: 'failed', code: error.code, problem: error.message };
  if (error !== undefined) return { why: 'failed' };
  if (!session.renewable) return { why: 'not_renewable' };
  return { why: isShort && life - minTtl < ROUNDING ? 'short_lived' : 'too_soon' };
}

/** A life is counted from when the token was asked for, so a little of it is gone when it comes, seconds. */
const ROUNDING = 30;

function isRefused({ accessToken }: LoadedSession, refused: Wanted['refused']): boolean {
  return refused !== undefined && accessToken?.equals(refused) === true;
}
