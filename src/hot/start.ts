/** The same where no agent runs: starts it and asks it. Loaded only then. */
import { lstatSync } from 'node:fs';
import { checkSocket } from '../agent/check-socket.ts';
import type { SocketPath } from '../agent/socket-path.ts';
import { spawnAgent } from '../agent/spawn-agent.ts';
import { takeTurn } from '../agent/start-turn.ts';
import { systemClock } from '../clock.ts';
import { bundledPrograms } from '../programs.ts';
import { accountFile } from '../store/paths.ts';
import type { Env, Homes } from '../store/paths.ts';
import { askForToken } from './ask.ts';
import type { Answer } from './ask.ts';
import type { PlainSelection } from './selection.ts';

/** How long a new agent may take to read the session, milliseconds; one that has to refresh it is left to a patient client. */
const PATIENCE = 1_000;

export interface Start {
  readonly env: Env;
  readonly homes: Homes;
  readonly path: SocketPath;
  readonly selection: PlainSelection;
}

/**
 * Whether there is an account of that key, in a file of its own that only its owner can read: what a cloned repository
 * names may be none, and whoever finds a file that is open to others says so.
 */
function hasAccount(homes: Homes, key: string): boolean {
  const stat = lstatSync(accountFile(homes, key), { throwIfNoEntry: false });
  return stat?.isFile() === true && (stat.mode & 0o077) === 0;
}

/**
 * The new agent's answer. `unusual`: not logged in, or another command is starting it. `impossible`: it does not start.
 */
export async function startAndAsk({ env, homes, path, selection }: Start): Promise<Answer | 'impossible'> {
  if (!hasAccount(homes, selection.key)) return 'unusual';
  const endTurn = takeTurn(path, systemClock);
  if (endTurn === undefined) return 'unusual';
  try {
    await spawnAgent({ account: selection.key, env, programs: bundledPrograms() });
  } catch {
    return 'impossible';
  } finally {
    endTurn();
  }
  const answer = checkSocket(path) ? await askForToken(path.socket, selection.scope, PATIENCE) : 'unusual';
  // One that was only just started is given the time it needs.
  return answer === 'busy' ? 'unusual' : answer;
}
