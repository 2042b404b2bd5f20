/** The refresh: the one place where a refresh token is spent. */
import { sessionDialect } from '../../auth/session-dialect.ts';
import { BeamError } from '../../errors.ts';
import type { Account, Credential, LockedAccount } from '../../store/accounts/account.ts';
import { accountFile } from '../../store/paths.ts';
import type { LoadedSession } from '../protocol/agent.ts';
import type { Params, Result } from '../protocol/wire.ts';
import { fileStamp, loaded, sessionOver, type WorkDeps } from './stored-session.ts';

/** How long another process's refresh is waited for, milliseconds: two discovery calls and the refresh, each at its deadline. */
const REFRESH_LOCK_TIMEOUT = 75_000;

/** As the job `refresh`. */
export function refreshSession(deps: WorkDeps, params: Params<'refresh'>): Promise<Result<'refresh'>> {
  return deps.accounts.withLock(deps.account, (locked) => refreshLocked(deps, locked, params), {
    timeout: REFRESH_LOCK_TIMEOUT,
  });
}

/**
 * Under the lock: reads again, and asks the server only if nobody has meanwhile. Room on disk is taken before the
 * refresh token is spent, so that what the server answers can always be stored.
 */
async function refreshLocked(
  deps: WorkDeps,
  locked: LockedAccount,
  { olderThan }: Params<'refresh'>,
): Promise<Result<'refresh'>> {
  const account = await locked.read();
  if (account === undefined) return undefined;
  const stored = await locked.credential();
  const newer = olderThan !== undefined && (stored?.issuedAt ?? 0) > olderThan;
  if (stored?.refreshToken === undefined || newer) return loaded(account, stored, stampOf(deps));
  const reservation = await locked.reserve();
  try {
    const dialect = await sessionDialect(account, { http: deps.http(account), clock: deps.clock });
    const renewed = { ...(await dialect.refresh(account, stored)), issuedAt: deps.clock.now() / 1000 };
    await locked.write(account, renewed, reservation);
    return loaded(account, renewed, stampOf(deps));
  } catch (error) {
    reservation.release();
    if (!(error instanceof BeamError) || error.code !== 'session_ended') throw error;
    return rejected(deps, locked, account, stored, error);
  }
}

/** The server says the refresh token is no good. Believed only if the store still holds that very token. */
async function rejected(
  deps: WorkDeps,
  locked: LockedAccount,
  account: Account,
  spent: Credential,
  cause: unknown,
): Promise<LoadedSession> {
  const now = await locked.credential();
  const same = spent.refreshToken !== undefined && now?.refreshToken?.equals(spent.refreshToken) === true;
  if (now !== undefined && !same) return loaded(account, now, stampOf(deps));
  await locked.end(Math.floor(deps.clock.now() / 1000));
  throw sessionOver(account, cause);
}

/** Stamp of the account file while its lock is held: nobody else writes it. */
function stampOf(deps: WorkDeps): string {
  return fileStamp(accountFile(deps.homes, deps.account)) ?? '';
}
