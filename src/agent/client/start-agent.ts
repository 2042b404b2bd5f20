/** Starting an agent, or waiting for the one that another command starts. */
import type { Clock } from '../../clock.ts';
import type { Env } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import type { Programs } from '../../programs.ts';
import type { SocketPath } from '../protocol/socket-path.ts';
import { PROTOCOL } from '../protocol/wire.ts';
import { connectAgent, retire, type RemoteAgent } from './client.ts';
import { spawnAgent } from './spawn-agent.ts';
import { claimStart } from './start-claim.ts';

/** How often a socket that another command is bringing up is tried, milliseconds, and for how long. */
const RETRY_EVERY = 25;
const RETRY_FOR = 20_000;

/** So many unanswered hellos of a new agent are enough: the first may only have met a machine under load. */
const PATIENCE = 2;

export interface StartDeps {
  readonly env: Env;
  readonly clock: Clock;
  readonly programs: Programs;
  /** What the agent is told about this process. */
  readonly client?: (() => string | undefined) | undefined;
}

/** The agent that listens at `path` in the end. Undefined: none can be started here, or none came up in time. */
export async function startAgent(deps: StartDeps, key: string, path: SocketPath): Promise<RemoteAgent | undefined> {
  try {
    return await bringUp(deps, key, path);
  } catch (error) {
    if (error instanceof BeamError && error.code === 'agent_unavailable') return undefined;
    throw error;
  }
}

async function bringUp(
  { env, clock, programs, client }: StartDeps,
  key: string,
  path: SocketPath,
): Promise<RemoteAgent | undefined> {
  const until = clock.elapsed() + RETRY_FOR;
  for (let unanswered = 0; unanswered < PATIENCE;) {
    const release = claimStart(path, clock);
    try {
      if (release !== undefined) await spawnAgent({ account: key, env, programs });
    } finally {
      release?.();
    }
    const agent = await connectAgent(path, clock, client?.());
    if (typeof agent === 'object') {
      // Another version's that was quicker serves as well, if only it speaks as we do.
      if (agent.info.protocol === PROTOCOL) return agent;
      await retire(agent);
    } else if (agent === 'busy') unanswered += 1;
    if (clock.elapsed() > until) return undefined;
    await clock.sleep(RETRY_EVERY * (1 + Math.random()));
  }
  return undefined;
}
