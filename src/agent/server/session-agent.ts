/** The agent itself: what a socket serves, and what a command uses in its own process when no agent can be had. */
import { networkInterfaces } from 'node:os';
import { BeamError } from '../../errors.ts';
import { accountTitle, loginCommand } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { VERSION } from '../../programs.ts';
import { splitAccountKey } from '../../store/account-key.ts';
import { chooseScope } from '../../store/accounts/choose-scope.ts';
import type { LastUse } from '../../store/accounts/last-use.ts';
import type { Agent, AgentInfo } from '../protocol/agent.ts';
import { answerWith, type Send } from '../protocol/calls.ts';
import { decode } from '../protocol/codec.ts';
import { METHODS, PASSED_ON, PROTOCOL, type Method } from '../protocol/wire.ts';
import type { RunJob } from '../worker/spawn-worker.ts';
import { Activity } from './activity.ts';
import { SessionHolder } from './session-holder.ts';
import type { SessionDeps } from './session-holder.ts';

export interface AgentDeps extends SessionDeps {
  /** What it remembers of what it did. Default: nothing, as in the process of a command. */
  readonly activity?: Activity;
  /** Where it notes that the account was used. Default: nowhere. */
  readonly lastUse?: LastUse;
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
  /** Does something once the session is fresh. Throws as `token`, and what it throws. */
  withSession<T>(work: () => Promise<T>): Promise<T>;
}

export function createAgent(deps: AgentDeps): LocalAgent {
  const { work, clock, account } = deps;
  const session = new SessionHolder(deps);
  const startedAt = Math.floor(clock.now() / 1000);
  const { network, desktop } = deps.surroundings;
  const which = { protocol: PROTOCOL, version: VERSION, pid: process.pid, account };
  const info: AgentInfo = { ...which, network, desktop };
  let served = 0;

  const withSession: LocalAgent['withSession'] = async (then) => {
    await session.fresh();
    deps.lastUse?.note();
    return then();
  };
  return {
    hello: () => Promise.resolve(info),
    token: async ({ scope: asked, held = false, ...wanted } = {}) => {
      const { session: given, unmet } = await (held ? session.held(wanted) : session.fresh(wanted));
      const { account: own, accessToken, expiresAt } = given;
      const named = omitUndefined({ ...own, name: splitAccountKey(account).name });
      if (accessToken === undefined) {
        throw new BeamError('session_ended', `Your session on ${accountTitle(named)} ended`, {
          hint: { command: loginCommand(named) },
        });
      }
      const scope = chooseScope(named, asked);
      served += 1;
      deps.lastUse?.note();
      return omitUndefined({ accessToken, server: own.server, expiresAt, scope, unmet });
    },
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
    refreshScopes: () => withSession(() => work.refreshScopes()),
    authorize: (request) => withSession(() => work.authorize(request)),
    machineToken: (request) => withSession(() => work.machineToken(request)),
    withSession,
    mayRenew: () => session.mayRenew,
    locksItself: () => session.locksItself,
    tick: () => session.refreshAhead(),
    close: () => undefined,
  };
}

/** Answers calls in their JSON form. Throws `agent_unavailable` for parameters that are not those of the call. */
export type Answer = Send<Method>;

/**
 * Answers with an agent. What it would only pass on goes to the worker as it came, once it is known to be what the call
 * takes, and the worker's result comes back as it is: the client reads it.
 */
export function answerCalls(agent: LocalAgent, run: RunJob): Answer {
  const ownAnswer = answerWith(METHODS, agent);
  return (method, params) => {
    if (!isPassedOn(method)) return ownAnswer(method, params);
    decode(PASSED_ON[method].params, params, method);
    return agent.withSession(() => run(method, params));
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
