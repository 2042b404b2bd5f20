/** Starts the agent's process. */
import { spawn } from 'node:child_process';
import { backgroundEnvironment, type Env } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import type { Programs } from '../../programs.ts';

/** How long a new agent may take until it listens, milliseconds. Generous: hundreds may start on two cores at once. */
const READY_DEADLINE = 20_000;

export interface SpawnAgentOptions {
  readonly account: string;
  readonly env: Env;
  readonly programs: Pick<Programs, 'agent'>;
}

function notStarted(cause?: unknown): BeamError {
  return new BeamError('agent_unavailable', 'The agent could not be started', { hint: { command: 'beamd agent log' }, cause });
}

/**
 * Starts an agent that outlives this process and its terminal. Resolves once it listens, or once it has found that
 * another one does. Throws `agent_unavailable`.
 */
export function spawnAgent({ account, env, programs }: SpawnAgentOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(programs.agent.file, [...programs.agent.args, account], {
      ...system.programs.background,
      env: backgroundEnvironment(env),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      settle(notStarted());
    }, READY_DEADLINE);
    const settle = (error?: BeamError): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      child.stdout.destroy();
      child.unref();
      if (error === undefined) resolve();
      else reject(error);
    };
    child.once('error', (error) => {
      settle(notStarted(error));
    });
    child.once('exit', (code) => {
      // Exit 0 without a word is an agent that found another one; anything else is a failure.
      settle(code === 0 ? undefined : notStarted());
    });
    child.stdout.once('data', () => {
      settle();
    });
  });
}
