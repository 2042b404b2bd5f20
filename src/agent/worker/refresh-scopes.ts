/** Asking the edge for an account's orgs, which also tells whether the session is still alive. */
import { apiOrigin, fetchScopes } from '../../auth/edge-api/scopes.ts';
import { BeamError } from '../../errors.ts';
import { loginCommand } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Secret } from '../../secret.ts';
import { parseServer } from '../../store/server.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import type { Params, Result } from '../protocol/wire.ts';
import { refreshSession } from './refresh-session.ts';
import { liveSession, sessionOver, type WorkDeps } from './stored-session.ts';

/** As the job `refreshScopes`. */
export async function refreshScopes(deps: WorkDeps): Promise<Result<'refreshScopes'>> {
  const { account, credential } = await liveSession(deps);
  try {
    return await scopesWith(deps, account, credential.accessToken);
  } catch (error) {
    if (!(error instanceof BeamError) || error.code !== 'token_rejected' || account.kind === 'token') throw error;
    if (credential.refreshToken === undefined) throw await endRejected(deps, account, credential, error);
    // Revoked or lost by the server before its time: a refresh settles whether the session is alive.
    const refresh = deps.refresh ?? ((params: Params<'refresh'> = {}) => refreshSession(deps, params));
    const renewed = await refresh(omitUndefined({ olderThan: credential.issuedAt }));
    if (renewed?.accessToken === undefined) throw sessionOver(account, error);
    return scopesWith(deps, account, renewed.accessToken);
  }
}

async function scopesWith(deps: WorkDeps, account: Account, token: Secret): Promise<Result<'refreshScopes'>> {
  const list = await fetchScopes(apiOrigin(account), token, deps.http(account));
  if (list === undefined) {
    const { name } = parseServer(account.controlPlane ?? account.server);
    throw new BeamError('bad_answer', `${name} has no list of orgs (404); what the login gave stays`, {
      hint: { command: loginCommand(account) },
    });
  }
  const checkedAt = Math.floor(deps.clock.now() / 1000);
  await deps.accounts.update(deps.account, (current) => ({ ...current, ...list, checkedAt }));
  return list;
}

/**
 * The server refuses a session that cannot be refreshed: it is over, unless the store holds another one by now.
 * Returns what to throw.
 */
function endRejected(deps: WorkDeps, account: Account, refused: Credential, cause: unknown): Promise<unknown> {
  return deps.accounts.withLock(deps.account, async (locked) => {
    const now = await locked.credential();
    if (now !== undefined && !now.accessToken.equals(refused.accessToken)) return cause;
    if (!(await locked.end(Math.floor(deps.clock.now() / 1000), refused))) return cause;
    return sessionOver(account, cause);
  });
}
