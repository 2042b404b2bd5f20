/** An agent in this process, where none can be had. It brings the store and the network with it, so it is loaded only then. */
import { keysOf, type Env } from '../../environment.ts';
import type { Clock } from '../../clock.ts';
import { httpFor } from '../../net/http-for.ts';
import type { Programs } from '../../programs.ts';
import { createAccountStore } from '../../store/accounts/account-store.ts';
import { LastUse } from '../../store/accounts/last-use.ts';
import { accountFile, type Homes } from '../../store/paths.ts';
import type { Agent } from '../protocol/agent.ts';
import { callsOver } from '../protocol/calls.ts';
import { surroundingsOf } from '../protocol/surroundings.ts';
import { JOBS } from '../protocol/wire.ts';
import { createAgent, currentNetwork } from '../server/session-agent.ts';
import { createWork } from '../worker/create-work.ts';
import { spawnWorker } from '../worker/spawn-worker.ts';

export interface InProcessDeps {
  readonly homes: Homes;
  readonly env: Env;
  readonly clock: Clock;
  readonly programs: Programs;
  /** As `AgentDeps.client`. */
  readonly client?: string | undefined;
}

/** The agent of an account, doing its work in this process with this process's environment. */
export function agentInProcess({ homes, env, clock, programs, client }: InProcessDeps, key: string): Agent {
  // The refresh alone goes to a detached worker here too: Ctrl-C must not lose what the server has rotated.
  const { refresh } = callsOver(JOBS, spawnWorker({ account: key, keys: keysOf(env), env, programs }));
  const work = createWork({
    account: key,
    accounts: createAccountStore({ homes, clock, env }),
    homes,
    env,
    clock,
    refresh,
    http: (of) => httpFor(of, env),
  });
  return createAgent({
    account: key,
    file: accountFile(homes, key),
    clock,
    work: { ...work, refresh },
    lastUse: new LastUse(homes, key, clock, 'made'),
    random: Math.random,
    network: currentNetwork,
    surroundings: surroundingsOf(env, homes),
    client,
  });
}
