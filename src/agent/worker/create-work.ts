import type { Env } from '../../environment.ts';
import { sessionDialect } from '../../auth/session-dialect.ts';
import { fetchScopes } from '../../auth/edge-api/scopes.ts';
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { loginCommand } from '../../hints.ts';
import type { Http } from '../../http.ts';
import type { Secret } from '../../secret.ts';
import type { AccountStore, LockedAccount } from '../../store/accounts/account-store.ts';
import { accountFile } from '../../store/paths.ts';
import type { Homes } from '../../store/paths.ts';
import { parseServer } from '../../store/server.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { loadSession, loaded } from './load-session.ts';
import { fileStamp } from './work.ts';
import type { LoadedSession, Work } from './work.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface WorkDeps {
  /** Key of the account the work is for. */
  readonly account: string;
  readonly accounts: AccountStore;
  readonly homes: Homes;
  readonly env: Env;
  readonly clock: Clock;
  readonly http: (options: { insecureSkipVerify?: boolean }) => Http;
}

/** How long another process's refresh is waited for, milliseconds: two discovery calls and the refresh, each at its deadline. */
const REFRESH_LOCK_TIMEOUT = 75_000;

/** Does the work in this process. The only code that sees a refresh token. */
export function createWork(deps: WorkDeps): Work {
  const refresh: Work['refresh'] = (olderThan) =>
    deps.accounts.withLock(deps.account, (locked) => refreshLocked(deps, locked, olderThan), {
      timeout: REFRESH_LOCK_TIMEOUT,
    });
  return {
    load: () => loadSession(deps),
    refresh,
    refreshScopes: async () => {
      const { account, credential } = await session(deps);
      try {
        return await scopesWith(deps, account, credential.accessToken);
      } catch (error) {
        if (!isCode(error, 'token_rejected') || account.kind === 'token') throw error;
        if (credential.refreshToken === undefined) throw await endRejected(deps, account, credential, error);
        // Revoked or lost by the server before its time: a refresh settles whether the session is alive.
        await refresh(credential.issuedAt);
        const renewed = await session(deps);
        return scopesWith(deps, renewed.account, renewed.credential.accessToken);
      }
    },
    authorize: async (request) => {
      const { authorizeInstance } = await import('../../runbeam/authorize.ts');
      return authorizeInstance(await authorizeDeps(deps), request);
    },
    machineToken: async (gatewayCode) => {
      const { machineTokenFor } = await import('../../runbeam/authorize.ts');
      return machineTokenFor(await authorizeDeps(deps), gatewayCode);
    },
  };
}

/**
 * The server refuses a session that cannot be refreshed: it is over, unless the store holds another one by now.
 * Returns what to throw.
 */
function endRejected(deps: WorkDeps, account: Account, refused: Credential, cause: unknown): Promise<unknown> {
  return deps.accounts.withLock(deps.account, async (locked) => {
    const now = await locked.credential();
    if (now !== undefined && !now.accessToken.equals(refused.accessToken)) return cause;
    await locked.end(Math.floor(deps.clock.now() / 1000));
    return ended(account, cause);
  });
}

function isCode(error: unknown, code: BeamError['code']): boolean {
  return error instanceof BeamError && error.code === code;
}

function httpFor(deps: WorkDeps, account: Account): Http {
  return deps.http(account.insecureSkipVerify === undefined ? {} : { insecureSkipVerify: account.insecureSkipVerify });
}

/** The account and its credential. Throws `login_required`, `session_ended`. */
async function session(deps: WorkDeps): Promise<{ account: Account; credential: Credential }> {
  const found = await deps.accounts.session(deps.account);
  if (found === undefined) throw new BeamError('login_required', 'You are not logged in', { hint: { command: 'beamd login' } });
  const { account, credential } = found;
  if (credential === undefined) throw ended(account);
  return { account, credential };
}

function ended(account: Account, cause?: unknown): BeamError {
  return new BeamError('session_ended', `Your session on ${account.server} has ended`, {
    hint: { command: loginCommand(account) },
    cause,
  });
}

/**
 * Under the lock: reads again, and asks the server only if nobody has meanwhile. Room on disk is taken before the
 * refresh token is spent, so that what the server answers can always be stored.
 */
async function refreshLocked(
  deps: WorkDeps,
  locked: LockedAccount,
  olderThan: number | undefined,
): Promise<LoadedSession | undefined> {
  const account = await locked.read();
  if (account === undefined) return undefined;
  const stored = await locked.credential();
  const newer = olderThan !== undefined && (stored?.issuedAt ?? 0) > olderThan;
  if (stored?.refreshToken === undefined || newer) return loaded(account, stored, stampOf(deps));
  const reservation = await locked.reserve();
  try {
    const dialect = await sessionDialect(account, { http: httpFor(deps, account), clock: deps.clock });
    const renewed = { ...(await dialect.refresh(account, stored)), issuedAt: deps.clock.now() / 1000 };
    await locked.write(account, renewed, reservation);
    return loaded(account, renewed, stampOf(deps));
  } catch (error) {
    reservation.release();
    if (!isCode(error, 'session_ended')) throw error;
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
  throw ended(account, cause);
}

/** Stamp of the account file while its lock is held: nobody else writes it. */
function stampOf(deps: WorkDeps): string {
  return fileStamp(accountFile(deps.homes, deps.account)) ?? '';
}

async function scopesWith(
  deps: WorkDeps,
  account: Account,
  token: Secret,
): Promise<{ user?: string; scopes: Account['scopes'] }> {
  const list = await fetchScopes(parseServer(account.server).origin, token, httpFor(deps, account));
  // An edge without orgs: what the login gave stays.
  if (list === undefined) return omitUndefined({ scopes: account.scopes, user: account.user });
  const checkedAt = Math.floor(deps.clock.now() / 1000);
  await deps.accounts.update(deps.account, (current) => ({ ...current, ...list, checkedAt }));
  return list;
}

async function authorizeDeps(
  deps: WorkDeps,
): Promise<Parameters<typeof import('../../runbeam/authorize.ts').authorizeInstance>[0]> {
  const { account, credential } = await session(deps);
  if (account.apiUrl === undefined) {
    throw new BeamError('login_required', `${account.server} is not a Runbeam Cloud account`, {
      hint: { command: 'runbeam login' },
    });
  }
  const { homes, env, clock } = deps;
  return {
    homes,
    env,
    clock,
    http: httpFor(deps, account),
    apiUrl: account.apiUrl,
    accessToken: () => Promise.resolve(credential.accessToken),
  };
}
