/** `beamd status`: what is known here, without asking anybody; with `check`, what the edge says. */
import type { AgentStatus } from '../../agent/protocol/agent.ts';
import { BeamError, type ErrorCode } from '../../errors.ts';
import { accountTitle, isNamed } from '../../hints.ts';
import { accountOfKey, type AccountName } from '../../store/account-key.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { locksItself, type LocksItself } from '../../store/accounts/passphrase-lock.ts';
import type { ServerTrust } from '../../http.ts';
import type { Context } from '../context.ts';
import type { Source } from '../target/climb.ts';
import { warnOfPassedScope } from '../target/environment-token.ts';
import { isBehindSocket } from '../target/handed-on.ts';
import { resolveTarget, type Target, type TargetContext, type TargetInput } from '../target/ladder.ts';
import { printable } from '../../text.ts';
import type { ConfigTarget } from '../target/config-grant.ts';
import { hasScope, type AccountTarget } from '../target/target.ts';
import type { AskContext } from './ask-edge.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { nothingChanged } from '../waiting.ts';

/**
 * `renewable`: expired, and refreshed at the next use. `ended`: the server rejected it. `locked`: by passphrase.
 * `unreadable`: cannot be decrypted.
 */
export type SessionHealth = 'valid' | 'renewable' | 'expired' | 'no_expiry' | 'ended' | 'locked' | 'unreadable';

/** `unverified`: the edge could not be asked, or has no way to tell. */
export type Verdict = 'valid' | 'rejected' | 'unverified';

/** What the edge says of the token. */
export interface EdgeCheck {
  readonly verdict: Verdict;
  readonly reason?: string;
  /** Unix seconds: the moment in the reason, as an error has it. */
  readonly reasonAt?: number;
  readonly code?: ErrorCode;
  /** The token was rejected, and the session can give another one. */
  readonly refreshable?: true;
  /** Seconds that this machine's clock is ahead of the edge's (negative: behind), where that is over a minute. */
  readonly clockSkew?: number;
}

type StatusContext = TargetContext & AskContext & Pick<Context, 'accounts'>;

export interface StatusInput extends TargetInput {
  /** Ask the edge, too. */
  readonly check: boolean;
}

export interface StatusResult {
  readonly server: string;
  /** Which rung of the ladder won. */
  readonly serverSource: Source | { readonly kind: 'app-config'; readonly path: string };
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  /** What chose it among the accounts of the server. */
  readonly accountSource?: Source;
  readonly scope?: string;
  readonly scopeSource?: Source;
  /** The scope is not among the account's. */
  readonly unknownScope: boolean;
  readonly user?: string;
  /** Where the session goes besides the server: its control plane, and an issuer that had to be named at login. */
  readonly controlPlane?: string;
  readonly issuer?: string;
  /** A CA of its own is trusted, beside the usual ones. */
  readonly ownCa?: true;
  /** The certificate of the server is not looked at. */
  readonly insecure?: true;
  /** Each use is asked about first. */
  readonly confirm?: true;
  /** When the account locks itself; absent for one that is locked. */
  readonly locksItself?: LocksItself;
  /** What gives the token. */
  readonly token: 'account' | 'env' | 'app_config';
  /** It stands in for the token of the environment, which `beamd exec` put there. */
  readonly handedOn?: true;
  /** The socket that a `--config` file names: its agent gives the token. */
  readonly agentSocket?: string;
  readonly session: { readonly state: SessionHealth; readonly expiresAt?: number; readonly endedAt?: number };
  readonly storage?: Account['storage'];
  readonly agent: AgentState;
  readonly check?: EdgeCheck;
}

export type AgentState =
  { readonly state: 'stopped' } | { readonly state: 'busy' } | { readonly state: 'running'; readonly status: AgentStatus };

/** Whether nothing but a login brings the session back. */
export function isOver({ state }: StatusResult['session']): boolean {
  return state === 'ended' || state === 'expired';
}

/** Starts no agent. Throws as `resolveTarget` (`login_required` where there is no account), with `check` as `askEdge`. */
export async function status(context: StatusContext, input: StatusInput): Promise<StatusResult> {
  const target = await resolveTarget(context, { ...input, reads: true });
  const local = target.kind === 'account' ? await accountStatus(context, target) : await tokenStatus(context, target);
  if (!input.check) return local;
  const { askEdge } = await import('./ask-edge.ts');
  return { ...local, check: await askEdge(context, target) };
}

async function tokenStatus(context: StatusContext, target: Exclude<Target, { kind: 'account' }>): Promise<StatusResult> {
  const base = { unknownScope: false, session: { state: 'no_expiry' }, agent: { state: 'stopped' } } as const;
  if (target.kind === 'app-config') {
    const { path, key } = target.appConfig;
    const ofFile = {
      ...base,
      server: target.server.name,
      serverSource: target.source ?? { kind: 'app-config', path },
      ...scopeOf(target.scope),
      ...trustOf(target.appConfig),
      token: 'app_config',
    } as const;
    if ('token' in key) return ofFile;
    const agent = await configAgentState(context, target, key.agentSocket);
    const isHandedOn = target.source !== undefined && isBehindSocket(context.env);
    const expiresAt = agent.state === 'running' ? agent.status.expiresAt : undefined;
    const session = expiresAt === undefined ? base.session : sessionUntil(expiresAt, context.clock.now());
    return { ...ofFile, ...(isHandedOn ? { handedOn: true } : {}), agentSocket: key.agentSocket, agent, session };
  }
  const { server, scope, passedScope } = target;
  warnOfPassedScope(context, passedScope);
  return { ...base, server: server.value.name, serverSource: server.source, token: 'env', ...scopeOf(scope) };
}

/** What an agent holds and has come to its end is refreshed at the next use. */
function sessionUntil(expiresAt: number, now: number): StatusResult['session'] {
  return { state: expiresAt * 1000 > now ? 'valid' : 'renewable', expiresAt };
}

/** How it is made sure who the server is, where that is not as usual. */
function trustOf({ ca, caFile, insecureSkipVerify, server }: ServerTrust): Pick<StatusResult, 'ownCa' | 'insecure'> {
  const insecure = insecureSkipVerify === true && server?.startsWith('http:') !== true;
  return { ...((ca ?? caFile) === undefined ? {} : { ownCa: true }), ...(insecure ? { insecure: true } : {}) };
}

function scopeOf(scope: AccountTarget['scope']): Pick<StatusResult, 'scope' | 'scopeSource'> {
  return scope === undefined ? {} : { scope: scope.value, scopeSource: scope.source };
}

async function accountStatus(context: StatusContext, target: AccountTarget): Promise<StatusResult> {
  const { account, accountSource, server, scope } = target;
  const agent = await agentState(context, account.key);
  const session = heldStatus(context, account, agent) ?? (await sessionStatus(context, account));
  return omitUndefined({
    server: account.server,
    serverSource: server.source,
    name: account.name,
    accountSource: account.name === undefined ? undefined : accountSource,
    unknownScope: account.kind === 'session' && scope !== undefined && !hasScope(account, scope.value),
    token: 'account',
    handedOn: target.handedOn,
    session,
    storage: account.storage,
    agent,
    user: account.user,
    controlPlane: account.controlPlane,
    issuer: account.issuer !== undefined && isNamed(account, account.issuer) ? account.issuer : undefined,
    ...trustOf(account),
    confirm: account.confirm,
    locksItself: locksItself(account),
    ...scopeOf(scope),
  });
}

/** What a running agent knows of the session, which costs no decryption. Undefined: look into the store. */
function heldStatus({ clock }: StatusContext, account: Account, agent: AgentState): StatusResult['session'] | undefined {
  if (account.locked !== undefined || account.endedAt !== undefined || agent.state !== 'running') return undefined;
  const { expiresAt } = agent.status;
  return expiresAt !== undefined && expiresAt * 1000 > clock.now() ? { state: 'valid', expiresAt } : undefined;
}

async function sessionStatus(context: StatusContext, account: Account): Promise<StatusResult['session']> {
  const { clock } = context;
  if (account.locked !== undefined) return { state: 'locked' };
  const credential = await readCredential(context, account);
  if (credential === 'unreadable') return { state: 'unreadable' };
  if (credential === undefined) {
    return omitUndefined({ state: 'ended', endedAt: account.endedAt });
  }
  const { expiresAt } = credential;
  if (expiresAt === undefined) return { state: 'no_expiry' };
  if (expiresAt * 1000 > clock.now()) return { state: 'valid', expiresAt };
  return { state: credential.refreshToken === undefined ? 'expired' : 'renewable', expiresAt };
}

async function readCredential(
  { accounts, waiting }: StatusContext,
  account: Account,
): Promise<Credential | 'unreadable' | undefined> {
  try {
    return await waiting({ line: 'Opening the stored session', left: nothingChanged }, () => accounts.credential(account));
  } catch (error) {
    if (error instanceof BeamError) return 'unreadable';
    throw error;
  }
}

/** Asks a running agent for its status; starts none, and does not mind one that does not answer. */
export function agentState(context: Pick<Context, 'agents' | 'waiting'>, key: string): Promise<AgentState> {
  return stateOf(context, `the agent of ${accountTitle(accountOfKey(key))}`, () => context.agents.status(key));
}

/** Of the agent at the socket that a `--config` file names. Throws as `configAgent`. */
export async function configAgentState(
  context: Pick<Context, 'agents' | 'waiting'>,
  target: ConfigTarget,
  socket: string,
): Promise<AgentState> {
  const { configAgent } = await import('../target/config-grant.ts');
  return stateOf(context, `the agent at ${printable(socket, 1_000)}`, async () => {
    const agent = await configAgent(context, target, socket);
    const status = await agent?.status();
    agent?.close();
    return status;
  });
}

async function stateOf(
  { waiting }: Pick<Context, 'waiting'>,
  agent: string,
  ask: () => Promise<AgentStatus | undefined>,
): Promise<AgentState> {
  try {
    const status = await waiting({ line: `Waiting for ${agent}`, left: nothingChanged }, ask);
    return status === undefined ? { state: 'stopped' } : { state: 'running', status };
  } catch (error) {
    if (error instanceof BeamError && (error.code === 'busy' || error.code === 'timeout')) return { state: 'busy' };
    throw error;
  }
}
