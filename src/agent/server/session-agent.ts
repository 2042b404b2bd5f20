/** The agent itself: what a socket serves, and what a command uses in its own process when no agent can be had. */
import { networkInterfaces } from 'node:os';
import { BeamError } from '../../errors.ts';
import { accountTitle, loginCommand } from '../../hints.ts';
import type { Tell } from '../../http.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { VERSION } from '../../programs.ts';
import { splitAccountKey } from '../../store/account-key.ts';
import { chooseScope } from '../../store/accounts/choose-scope.ts';
import type { LastUse } from '../../store/accounts/last-use.ts';
import type { Agent, AgentInfo, Params, TokenGrant } from '../protocol/agent.ts';
import { answerWith, type Send } from '../protocol/calls.ts';
import { decode, encode } from '../protocol/codec.ts';
import { METHODS, PASSED_ON, PROTOCOL, type Method } from '../protocol/wire.ts';
import type { RunJob } from '../worker/spawn-worker.ts';
import { Activity } from './activity.ts';
import { Confirmations } from './guard/confirmations.ts';
import { SessionHolder, type SessionDeps } from './session-holder.ts';
import type { Given, Wanted } from './wanted.ts';

export interface AgentDeps extends SessionDeps {
  /** What it remembers of what it did. Default: nothing, as in the process of a command. */
  readonly activity?: Activity;
  /** Where it notes that the account was used. Default: nowhere. */
  readonly lastUse?: LastUse;
  /** Who calls it in this process: what `tokenFor` is told of a client on a socket. */
  readonly client?: string | undefined;
  /** Called when a client asks the agent to end. */
  readonly onStop?: () => void;
}

/** An agent in this process, and what whoever keeps it alive needs of it. */
export interface LocalAgent extends Agent {
  /** Refreshes ahead of need; call it every half minute or so. Never throws. */
  tick(): Promise<void>;
  /** Whether machine tokens can be renewed with its session, by itself. */
  mayRenew(): boolean;
  /** Whether it locks its account by itself, now or later. */
  locksItself(): boolean;
  /** Does something once the session is fresh. Throws as `token`, and what it throws. `tell`: as in `Calls`, of the refresh. */
  withSession<T>(work: () => Promise<T>, tell?: Tell): Promise<T>;
  /** As `withSession`, for a client that is to get something of it: that is asked about first where the account wants it. */
  withSessionFor<T>(client: string | undefined, work: () => Promise<T>, tell?: Tell): Promise<T>;
  /** As `token`. `client`: what the client says of itself. */
  tokenFor(request: Params<'token'>, client?: string, tell?: Tell): Promise<TokenGrant>;
}

export function createAgent(deps: AgentDeps): LocalAgent {
  const { work, clock, account } = deps;
  const session = new SessionHolder(deps);
  const startedAt = Math.floor(clock.now() / 1000);
  const { network, desktop, gateways } = deps.surroundings;
  const which = { protocol: PROTOCOL, version: VERSION, pid: process.pid, account };
  const info: AgentInfo = { ...which, network, desktop, gateways };
  const confirmations = new Confirmations(deps);
  let served = 0;

  const withSession: LocalAgent['withSession'] = async (then, tell) => {
    await session.fresh({}, tell);
    deps.lastUse?.note();
    return then();
  };
  const withSessionFor: LocalAgent['withSessionFor'] = async (client, then, tell) => {
    const given = await session.fresh({}, tell);
    if (given.session.account.confirm !== true) return withSession(then, tell);
    await confirmations.ask(omitUndefined({ client, use: 'machine token' as const }));
    return withSession(then, tell);
  };
  const tokenFor: LocalAgent['tokenFor'] = async (request, client, tell) => {
    const give = (wishes: Wanted): Promise<Given> => (request.held === true ? session.held(wishes) : session.fresh(wishes, tell));
    const grant = await giveToken(account, give, request, (scope) =>
      confirmations.ask(omitUndefined({ client, scope, use: 'token' as const })),
    );
    served += 1;
    deps.lastUse?.note();
    return grant;
  };
  return {
    hello: () => Promise.resolve(info),
    token: (request = {}, tell) => tokenFor(request, deps.client, tell),
    tokenFor,
    scopes: async () => {
      const { server, scopes, defaultScope } = (await session.read()).account;
      return omitUndefined({ server, scopes, defaultScope });
    },
    status: () => Promise.resolve({ ...which, startedAt, served, ...session.state }),
    activity: () => {
      const { remembered } = deps.activity ?? new Activity();
      const { expiresAt } = session.state;
      return Promise.resolve(omitUndefined({ ...which, startedAt, issuedAt: session.issuedAt, expiresAt, ...remembered }));
    },
    stop: () => {
      deps.onStop?.();
      return Promise.resolve({});
    },
    refreshScopes: (params, tell) => withSession(() => work.refreshScopes(params, tell), tell),
    authorize: (request, tell) => withSessionFor(deps.client, () => work.authorize(request, tell), tell),
    machineToken: (request, tell) => withSessionFor(deps.client, () => work.machineToken(request, tell), tell),
    withSession,
    withSessionFor,
    mayRenew: () => session.mayRenew,
    locksItself: () => session.locksItself,
    tick: () => session.refreshAhead(),
    close: () => undefined,
  };
}

/** What is given out of a session, once `confirm` allows that, where the account asks first. Throws as `token`. */
async function giveToken(
  key: string,
  give: (wishes: Wanted) => Promise<Given>,
  { scope: asked, refused, minTtl, refresh }: Params<'token'>,
  confirm: (scope: string | undefined) => Promise<void>,
): Promise<TokenGrant> {
  const { session: first, unmet } = await give(omitUndefined({ refused, minTtl, refresh }));
  const named = omitUndefined({ ...first.account, name: splitAccountKey(key).name });
  const scope = chooseScope(named, asked);
  if (named.confirm === true) await confirm(scope);
  // The answer may have taken a minute, in which the token ended or the account was locked.
  const { accessToken, expiresAt } = named.confirm === true ? (await give({})).session : first;
  if (accessToken === undefined) {
    throw new BeamError('session_ended', `Your session on ${accountTitle(named)} ended`, {
      hint: { command: loginCommand(named) },
    });
  }
  return omitUndefined({ accessToken, server: named.server, expiresAt, scope, unmet });
}

/**
 * Answers calls in their JSON form; `client` is what the client says of itself, `tell` as in `Calls`. Throws `agent_unavailable` for parameters that are not
 * those of the call.
 */
export type Answer = (method: Method, params: unknown, client?: string, tell?: Tell) => ReturnType<Send<Method>>;

/**
 * Answers with an agent. What it would only pass on goes to the worker as it came, once it is known to be what the call
 * takes, and the worker's result comes back as it is: the client reads it.
 */
export function answerCalls(agent: LocalAgent, run: RunJob): Answer {
  const ownAnswer = answerWith(METHODS, agent);
  return async (method, params, client, tell) => {
    if (method === 'token') {
      const { params: shape, result } = METHODS.token;
      return encode(result, await agent.tokenFor(decode(shape, params, method), client, tell));
    }
    if (!isPassedOn(method)) return ownAnswer(method, params, tell);
    decode(PASSED_ON[method].params, params, method);
    const work = (): Promise<unknown> => run(method, params, tell);
    return method === 'refreshScopes' ? agent.withSession(work, tell) : agent.withSessionFor(client, work, tell);
  };
}

function isPassedOn(method: Method): method is keyof typeof PASSED_ON {
  return method in PASSED_ON;
}

/** Names the network this machine is on, by its addresses. */
export function currentNetwork(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return addresses.sort().join(' ');
}
