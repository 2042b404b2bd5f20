/** Ending an agent, and clearing away what it left. */
import { rmSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle } from '../../hints.ts';
import { system } from '../../platform/system.ts';
import { accountOfKey } from '../../store/account-key.ts';
import { livenessOf, type ProcessIdentity } from '../../store/files/process-identity.ts';
import { removeTemporaryOf } from '../../store/files/temporary.ts';
import { agentLog, agentPlace, lastUseFile, type Homes } from '../../store/paths.ts';
import { agentRecord, agentSocket, type SocketPath } from '../protocol/socket-path.ts';
import { recordedAgent } from '../server/agent-record.ts';
import { logFiles } from '../server/log.ts';
import { removeSockets } from '../server/single-instance.ts';
import { connectAgent } from './client.ts';

/** How long an agent is waited for until its process has ended, milliseconds: a call may be under way. */
const ENDING = 2_000;

/** How often it is looked whether the process is still there, milliseconds. */
const LOOK_EVERY = 10;

/** Ends the agent, by force if it does not answer. False: none was running. Throws as `Agents.stop`. */
export async function stopAgent(path: SocketPath, key: string, clock: Clock, client?: string): Promise<boolean> {
  const agent = await connectAgent(path, clock, client);
  if (agent === 'absent') return false;
  if (agent === 'busy') {
    await kill(path, key, clock);
    return true;
  }
  try {
    const identity = recordedAgent(path);
    await agent.stop();
    agent.close();
    await ended(identity, clock);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    // Anything but silence means that it is going or gone.
    if (error.code === 'busy') await kill(path, key, clock);
  } finally {
    agent.close();
  }
  return true;
}

/** A refresh under way is not hurt: it is a process of its own. */
async function kill(path: SocketPath, key: string, clock: Clock): Promise<void> {
  const identity = recordedAgent(path);
  if (identity === undefined) {
    throw new BeamError(
      'busy',
      `The agent of ${accountTitle(accountOfKey(key))} does not answer, and its process cannot be told for sure`,
      {
        hint: { text: system.sockets.whoListens(path.socket) },
      },
    );
  }
  try {
    process.kill(identity.pid, 'SIGKILL');
  } catch {
    // It ended this very moment.
  }
  await ended(identity, clock);
}

async function ended(identity: ProcessIdentity | undefined, clock: Clock): Promise<void> {
  const until = clock.elapsed() + ENDING;
  while (identity !== undefined && livenessOf(identity) === 'alive' && clock.elapsed() < until) await clock.sleep(LOOK_EVERY);
}

/** Removes what the agents of a removed account left: sockets, record, log and time. Only for an account that no longer exists. */
export async function forgetAgent(homes: Homes, key: string): Promise<void> {
  const path = await agentSocket(homes, key);
  for (const file of [agentRecord(path), agentPlace(homes, key)]) removeTemporaryOf(file);
  for (const file of logFiles(agentLog(homes, key))) rmSync(file, { force: true });
  removeSockets(path);
  for (const file of [agentPlace(homes, key), lastUseFile(homes, key)]) rmSync(file, { force: true });
}
