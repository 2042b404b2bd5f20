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

/** The new agent's answer. `unusual`: not logged in, another command is starting it, or it does not start. */
export async function startAndAsk({ env, homes, path, selection }: Start): Promise<Answer> {
  // An agent is started for accounts only: what a cloned repository names may be none.
  if (lstatSync(accountFile(homes, selection.key), { throwIfNoEntry: false })?.isFile() !== true) return 'unusual';
  const endTurn = takeTurn(path, systemClock);
  if (endTurn === undefined) return 'unusual';
  try {
    await spawnAgent({ account: selection.key, env, programs: bundledPrograms() });
  } finally {
    endTurn();
  }
  const answer = checkSocket(path) ? await askForToken(path.socket, selection.scope, PATIENCE) : 'unusual';
  // One that was only just started is given the time it needs.
  return answer === 'busy' ? 'unusual' : answer;
}
