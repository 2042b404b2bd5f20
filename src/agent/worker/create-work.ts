/** What a worker does, in this process. Each job that speaks to a server loads what it takes when it is asked for. */
import { BeamError } from '../../errors.ts';
import type { Http, ServerTrust, Tell } from '../../http.ts';
import { toldHttp } from '../../net/told-http.ts';
import type { Work } from '../protocol/agent.ts';
import { liveSession, loadSession, type WorkDeps } from './stored-session.ts';

/** A refresh that is under way is waited for: what it brings is what is sealed. */
const LONG_WAIT = { timeout: 75_000, long: true } as const;

/** Does the work in this process. Only here is a refresh token seen. */
export function createWork(deps: WorkDeps): Work {
  return {
    load: () => loadSession(deps),
    refresh: async (params = {}, tell) => {
      const { refreshSession } = await import('./refresh-session.ts');
      return refreshSession(telling(deps, tell), params);
    },
    refreshScopes: async (_, tell) => {
      const { refreshScopes } = await import('./refresh-scopes.ts');
      return refreshScopes(telling(deps, tell));
    },
    lock: async () => {
      const sealed = await deps.accounts.withLock(deps.account, (locked) => locked.lockItself(), LONG_WAIT);
      return { sealed };
    },
    confirm: async (question) => {
      const { confirmUse } = await import('./confirm.ts');
      return confirmUse(deps, question);
    },
    dueRenewals: async () => {
      const account = await deps.accounts.read(deps.account);
      if (account?.apiUrl === undefined) return { requests: [] };
      const { dueRenewals } = await import('../../runbeam/due-renewals.ts');
      return dueRenewals(deps, account.apiUrl);
    },
    authorize: async (request, tell) => {
      const { authorizeInstance } = await import('../../runbeam/authorize.ts');
      return authorizeInstance(await cloudAccess(telling(deps, tell)), request);
    },
    machineToken: async (request, tell) => {
      const { machineTokenFor } = await import('../../runbeam/authorize.ts');
      return machineTokenFor(await cloudAccess(telling(deps, tell)), request);
    },
  };
}

/** The same, told of each request; a refresh that is made elsewhere tells of its own. */
function telling(deps: WorkDeps, tell: Tell | undefined): WorkDeps {
  if (tell === undefined) return deps;
  const { refresh } = deps;
  const told = { ...deps, http: (of: ServerTrust): Http => toldHttp(deps.http(of), tell) };
  return refresh === undefined ? told : { ...told, refresh: (params) => refresh(params, tell) };
}

async function cloudAccess(
  deps: WorkDeps,
): Promise<Parameters<typeof import('../../runbeam/authorize.ts').authorizeInstance>[0]> {
  const { account, credential } = await liveSession(deps);
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
    http: deps.http(account),
    gatewayHttp: deps.http,
    apiUrl: account.apiUrl,
    // These sessions are not refreshed; but there may have been a login since.
    accessToken: async (refused) => (refused === undefined ? credential : (await liveSession(deps)).credential).accessToken,
  };
}
