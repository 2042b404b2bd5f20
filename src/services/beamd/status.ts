/** `beamd status`: what is known here, without asking anybody; with `check`, what the edge says. */
import type { AgentStatus } from '../../agent/protocol/agent.ts';
import { BeamError, type ErrorCode } from '../../errors.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import type { Context } from '../context.ts';
import type { Source, Target } from '../target/ladder.ts';
import { findTarget, hasOrg, type AccountTarget, type TargetFlags } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** `renewable`: expired, and refreshed at the next use. `ended`: the server rejected it. `locked`: by passphrase. `unreadable`: cannot be decrypted. */
export type SessionState = 'valid' | 'renewable' | 'expired' | 'no_expiry' | 'ended' | 'locked' | 'unreadable';

/** `unverified`: the edge could not be asked, or has no way to tell. */
export type Verdict = 'valid' | 'rejected' | 'unverified';

/** What the edge says of the token. */
export interface EdgeCheck {
  readonly verdict: Verdict;
  readonly reason?: string;
  readonly code?: ErrorCode;
  /** Seconds that this machine's clock is ahead of the edge's (negative: behind), where that is over a minute. */
  readonly clockSkew?: number;
}

export interface StatusResult {
  readonly server: string;
  /** Which rung of the ladder won. */
  readonly serverSource: Source | { readonly kind: 'app-config'; readonly path: string };
  readonly scope?: string;
  readonly scopeSource?: Source;
  /** The org is not among the account's. */
  readonly unknownScope: boolean;
  readonly user?: string;
  /** What gives the token. */
  readonly token: 'account' | 'env' | 'app_config';
  readonly session: { readonly state: SessionState; readonly expiresAt?: number; readonly endedAt?: number };
  readonly storage?: Account['storage'];
  readonly agent: AgentState;
  readonly check?: EdgeCheck;
}

export type AgentState =
  { readonly state: 'stopped' } | { readonly state: 'busy' } | { readonly state: 'running'; readonly status: AgentStatus };

/** Starts no agent. Throws as `resolveTarget` (`login_required` where there is no account). */
export async function status(flags: TargetFlags & { readonly check: boolean }, context: Context): Promise<StatusResult> {
  const target = await findTarget(flags, context);
  const local = target.kind === 'account' ? await accountStatus(target, context) : tokenStatus(target);
  if (!flags.check) return local;
  const { askEdge } = await import('./ask-edge.ts');
  return { ...local, check: await askEdge(target, context) };
}

function tokenStatus(target: Exclude<Target, { kind: 'account' }>): StatusResult {
  const base = { unknownScope: false, session: { state: 'no_expiry' }, agent: { state: 'stopped' } } as const;
  if (target.kind === 'app-config') {
    const { path } = target.appConfig;
    return { ...base, server: target.server.name, serverSource: { kind: 'app-config', path }, token: 'app_config' };
  }
  const { server, scope } = target;
  return { ...base, server: server.value.name, serverSource: server.source, token: 'env', ...scopeOf(scope) };
}

function scopeOf(scope: AccountTarget['scope']): Pick<StatusResult, 'scope' | 'scopeSource'> {
  return scope === undefined ? {} : { scope: scope.value, scopeSource: scope.source };
}

async function accountStatus(target: AccountTarget, context: Context): Promise<StatusResult> {
  const { account, server, scope } = target;
  const agent = await agentState(account.key, context);
  const session = heldStatus(account, agent, context) ?? (await sessionStatus(account, context));
  return omitUndefined({
    server: account.server,
    serverSource: server.source,
    unknownScope: account.kind === 'session' && scope !== undefined && !hasOrg(account, scope.value),
    token: 'account',
    session,
    storage: account.storage,
    agent,
    user: account.user,
    ...scopeOf(scope),
  });
}

/** What a running agent knows of the session, which costs no decryption. Undefined: look into the store. */
function heldStatus(account: Account, agent: AgentState, { clock }: Context): StatusResult['session'] | undefined {
  if (account.locked !== undefined || account.endedAt !== undefined || agent.state !== 'running') return undefined;
  const { expiresAt } = agent.status;
  return expiresAt !== undefined && expiresAt * 1000 > clock.now() ? { state: 'valid', expiresAt } : undefined;
}

async function sessionStatus(account: Account, { accounts, clock }: Context): Promise<StatusResult['session']> {
  if (account.locked !== undefined) return { state: 'locked' };
  const credential = await readCredential(account, accounts);
  if (credential === 'unreadable') return { state: 'unreadable' };
  if (credential === undefined) {
    return omitUndefined({ state: 'ended', endedAt: account.endedAt });
  }
  const { expiresAt } = credential;
  if (expiresAt === undefined) return { state: 'no_expiry' };
  if (expiresAt * 1000 > clock.now()) return { state: 'valid', expiresAt };
  return { state: credential.refreshToken === undefined ? 'expired' : 'renewable', expiresAt };
}

async function readCredential(account: Account, accounts: Context['accounts']): Promise<Credential | 'unreadable' | undefined> {
  try {
    return await accounts.credential(account);
  } catch (error) {
    if (error instanceof BeamError) return 'unreadable';
    throw error;
  }
}

/** Asks a running agent for its status; starts none, and does not mind one that does not answer. */
export async function agentState(key: string, { agents }: Context): Promise<AgentState> {
  try {
    const status = await agents.status(key);
    return status === undefined ? { state: 'stopped' } : { state: 'running', status };
  } catch (error) {
    if (error instanceof BeamError && (error.code === 'busy' || error.code === 'timeout')) return { state: 'busy' };
    throw error;
  }
}
