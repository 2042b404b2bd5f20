import { BeamError } from '../../errors.ts';
import { livenessOf } from '../../store/files/process-identity.ts';
import type { ProcessIdentity } from '../../store/files/process-identity.ts';
import { recordedAgent } from '../server/agent-record.ts';
import { connectAgent } from './client.ts';
import type { SocketPath } from '../protocol/socket-path.ts';

/** How long an agent is waited for until its process has ended, milliseconds: a call may be under way. */
const ENDING = 2_000;

async function ended(identity: ProcessIdentity | undefined): Promise<void> {
  const until = performance.now() + ENDING;
  while (identity !== undefined && livenessOf(identity) === 'alive' && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Ends the agent, by force if it does not answer. False: none was running. Throws as `Agents.stop`. */
export async function stopAgent(path: SocketPath, key: string): Promise<boolean> {
  const agent = await connectAgent(path);
  if (agent === 'absent') return false;
  if (agent === 'busy') {
    await kill(path, key);
    return true;
  }
  try {
    const identity = recordedAgent(path);
    await agent.stop();
    agent.close();
    await ended(identity);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    // Anything but silence means that it is going or gone.
    if (error.code === 'busy') await kill(path, key);
  } finally {
    agent.close();
  }
  return true;
}

/** A refresh under way is not hurt: it is a process of its own. */
async function kill(path: SocketPath, key: string): Promise<void> {
  const identity = recordedAgent(path);
  if (identity === undefined) {
    throw new BeamError('busy', `The agent of ${key} does not answer, and its process cannot be told for sure`, {
      hint: { text: `fuser '${path.socket}' shows it` },
    });
  }
  try {
    process.kill(identity.pid, 'SIGKILL');
  } catch {
    // It ended this very moment.
  }
  await ended(identity);
}
