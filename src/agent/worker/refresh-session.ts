/** The refresh: the one place where a refresh token is spent. */
import { refreshed } from '../../auth/dialect/refresh-answer.ts';
import { sessionDialect } from '../../auth/session-dialect.ts';
import type { Clock } from '../../clock.ts';
import { BeamError, systemCode } from '../../errors.ts';
import type { Http } from '../../http.ts';
import type { Account, Credential, LockedAccount, Rotation } from '../../store/accounts/account.ts';
import { accountStamp } from '../../store/accounts/account-stamp.ts';
import { accountFile } from '../../store/paths.ts';
import type { Params, Result } from '../protocol/wire.ts';
import { loaded, sessionOver, type WorkDeps } from './stored-session.ts';

/** How long another process's refresh is waited for, milliseconds: two discovery calls at their deadline, and the refresh. */
const REFRESH_LOCK_TIMEOUT = 75_000;

/** Between attempts to store what a disk does not take: from the first to the longest, milliseconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** A folder that is gone for so long will not come back, milliseconds. */
const GONE_FOR_GOOD = 60_000;

/** Tells the caller before the work is done. */
type Answer = (loaded: Result<'refresh'>) => void;

/** As the job `refresh`. Resolves once there is an answer; what could not be stored by then is still being stored. */
export function refreshSession(deps: WorkDeps, params: Params<'refresh'>): Promise<Result<'refresh'>> {
  return new Promise((resolve, reject) => {
    const work = (locked: LockedAccount): Promise<Result<'refresh'>> => refreshLocked(deps, locked, params, resolve);
    deps.accounts.withLock(deps.account, work, { timeout: REFRESH_LOCK_TIMEOUT, long: true }).then(resolve, reject);
  });
}

/**
 * Under the lock: reads again, and asks the server only if nobody has meanwhile. All that can fail or takes time is done
 * before the refresh token is spent: modules are loaded and files read, the seal is rehearsed, the space on disk is taken,
 * and the account file was shown to be replaceable. After the answer it is sealed and written, and nothing else.
 */
async function refreshLocked(
  deps: WorkDeps,
  locked: LockedAccount,
  { olderThan }: Params<'refresh'>,
  answer: Answer,
): Promise<Result<'refresh'>> {
  const session = await locked.session();
  if (session === undefined) return undefined;
  const { account, credential: stored } = session;
  const newer = olderThan !== undefined && (stored?.issuedAt ?? 0) > olderThan;
  if (stored?.refreshToken === undefined || newer) return loaded(account, stored, stampOf(deps));
  const rotation = await locked.rotation();
  const dialect = await sessionDialect(account, { http: spending(deps, account, rotation), clock: deps.clock });
  rehearse(account, stored, deps.clock);
  let renewed: Credential;
  try {
    renewed = await dialect.refresh(account, stored);
  } catch (error) {
    rotation.release();
    if (!(error instanceof BeamError) || error.code !== 'session_ended') throw error;
    return rejected(deps, locked, account, stored, error);
  }
  return keep(deps, locked, { rotation, renewed, account }, answer);
}

/** Node compiles a function when it is first called: that of the answer, too, must not wait for the answer. */
function rehearse(account: Account, credential: Credential, clock: Clock): void {
  const text = JSON.stringify({ access_token: 'rehearsed', refresh_token: 'rehearsed', expires_in: 1, token_type: 'Bearer' });
  refreshed({ answer: { status: 200, headers: {}, text }, asked: clock.now() }, account, credential);
}

/** Marks the lock before the one request that cannot be made twice. */
function spending(deps: WorkDeps, account: Account, rotation: Rotation): Http {
  const http = deps.http(account);
  return (request) => {
    if (request.once === true) {
      rotation.spend();
      deps.onSpend?.();
    }
    return http(request);
  };
}

/**
 * Stores what the server gave, however long it takes: nobody else has it. Where the disk does not take it, the caller gets
 * the access token meanwhile.
 */
async function keep(
  deps: WorkDeps,
  locked: LockedAccount,
  { rotation, renewed, account }: { readonly rotation: Rotation; readonly renewed: Credential; readonly account: Account },
  answer: Answer,
): Promise<Result<'refresh'>> {
  let goneSince: number | undefined;
  for (let failures = 0; ;) {
    try {
      const stored = await rotation.store(renewed);
      return stored === undefined ? await storedNow(deps, locked) : loaded(stored.account, renewed, stored.identity);
    } catch (error) {
      failures += 1;
      // The first may have been the reserved file's alone, and is tried again at once.
      if (failures === 1) continue;
      answer(loaded(account, renewed, stampOf(deps)));
      goneSince = systemCode(error) === 'ENOENT' ? (goneSince ?? deps.clock.elapsed()) : undefined;
      if (goneSince !== undefined && deps.clock.elapsed() - goneSince > GONE_FOR_GOOD) throw error;
    }
    await deps.clock.sleep(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 2)));
  }
}

/** Somebody has changed the account meanwhile, or logged in anew: what the file says is the session now. */
async function storedNow(deps: WorkDeps, locked: LockedAccount): Promise<Result<'refresh'>> {
  const stamp = stampOf(deps);
  const session = await locked.session();
  return session && loaded(session.account, session.credential, stamp);
}

/** The server says the refresh token is no good. Believed only if the store still holds that very token. */
async function rejected(
  deps: WorkDeps,
  locked: LockedAccount,
  account: Account,
  spent: Credential,
  cause: unknown,
): Promise<Result<'refresh'>> {
  const now = await locked.credential();
  const same = spent.refreshToken !== undefined && now?.refreshToken?.equals(spent.refreshToken) === true;
  if (now !== undefined && !same) return loaded(account, now, stampOf(deps));
  if (!(await locked.end(Math.floor(deps.clock.now() / 1000), spent))) return storedNow(deps, locked);
  throw sessionOver(account, cause);
}

/** Stamp of the account file while its lock is held: nobody else writes it. */
function stampOf(deps: WorkDeps): string {
  return accountStamp(accountFile(deps.homes, deps.account)) ?? '';
}
