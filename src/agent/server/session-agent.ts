import { BeamError } from '../../errors.ts';
import type { Agent, AgentInfo } from '../protocol/agent.ts';
import { PROTOCOL } from '../protocol/wire.ts';
import { chooseScope } from '../../store/accounts/choose-scope.ts';
import { SessionHolder } from './session-holder.ts';
import type { SessionDeps } from './session-holder.ts';
import { VERSION } from '../../programs.ts';
import { networkInterfaces } from 'node:os';
import { omitUndefined } from '../../omit-undefined.ts';

export interface AgentDeps extends SessionDeps {
  /** Called when a client asks the agent to end. */
  readonly onStop?: () => void;
}

/** An agent in this process, and the tick that whoever keeps it alive has to give it. */
export interface LocalAgent extends Agent {
  /** Refreshes ahead of need; call it every half minute or so. Never throws. */
  tick(): Promise<void>;
}

/** The agent itself: what a socket serves, and what a command uses in its own process when no agent can be had. */
export function createAgent(deps: AgentDeps): LocalAgent {
  const session = new SessionHolder(deps);
  const startedAt = Math.floor(deps.clock.now() / 1000);
  const info: AgentInfo = { protocol: PROTOCOL, version: VERSION, pid: process.pid, account: deps.account };
  let served = 0;

  return {
    hello: () => Promise.resolve(info),
    token: async ({ scope: asked }) => {
      const { account, accessToken, expiresAt } = await session.fresh();
      if (accessToken === undefined) throw new BeamError('session_ended', `Your session on ${account.server} ended`);
      const scope = chooseScope(account, asked);
      served += 1;
      return omitUndefined({
        accessToken,
        server: account.server,
        expiresAt,
        scope,
      });
    },
    refreshScopes: async () => {
      await session.fresh();
      const list = await deps.work.refreshScopes();
      session.forget();
      return list;
    },
    authorize: async (request) => {
      await session.fresh();
      return deps.work.authorize(request);
    },
    machineToken: async ({ gatewayCode }) => {
      await session.fresh();
      return deps.work.machineToken(gatewayCode);
    },
    status: () => Promise.resolve({ ...info, startedAt, served, ...session.state }),
    stop: () => {
      deps.onStop?.();
      return Promise.resolve();
    },
    close: () => undefined,
    tick: () => session.refreshAhead(),
  };
}

/** Names the network this machine is on, by its addresses. */
export function currentNetwork(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return addresses.sort().join(' ');
}
