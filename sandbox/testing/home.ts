/** A home folder for one test or one demo, and the agents that were started from it. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAgent } from '../../src/agent/client/client.ts';
import { agentSocket } from '../../src/agent/protocol/socket-path.ts';
import { systemClock } from '../../src/clock.ts';
import { accountsFolder, agentsFolder, resolveHomes, type Homes } from '../../src/store/paths.ts';
import { backgroundIn, endProcesses, PROC, type RunningProcess } from './processes.ts';

export interface TempHome {
  /** The folder that plays `$HOME`. */
  readonly path: string;
  /** `path/.beamd` and `path/.runbeam`. */
  readonly homes: Homes;
  /** A clean environment: this home, a PATH, and nothing of the caller's. */
  readonly env: Readonly<Record<string, string>>;
  /** The agents and workers that its commands left running; none where there is no /proc. */
  background(): RunningProcess[];
  /** Stops the agents of this home and removes it. */
  close(): Promise<void>;
}

/** @param name - part of the folder's name; spaces and any letters are fine */
export async function tempHome(name = 'home'): Promise<TempHome> {
  const path = await realpath(await mkdtemp(join(tmpdir(), `beamd-${name}-`)));
  const homes = resolveHomes({}, path);
  return {
    path,
    homes,
    env: cleanEnv(path),
    background: () => backgroundIn(path, 'agent', 'worker'),
    close: async () => {
      await stopAgents(path, homes);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Nothing of the caller's environment but what a program needs to start. No browser is ever opened. */
export function cleanEnv(home: string): Record<string, string> {
  const env: Record<string, string> = { HOME: home, BEAMD_BROWSER: 'none', LANG: 'C.UTF-8' };
  for (const name of ['PATH', 'TMPDIR', 'SystemRoot']) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** Ends the agents and workers of a home, and resolves when none is left. */
async function stopAgents(path: string, homes: Homes): Promise<void> {
  // A shell in which the home was tried out names it too: that one is left alone.
  if (PROC) await endProcesses(() => backgroundIn(path, 'agent', 'worker'));
  else for (const key of accountKeys(homes)) await stopAgent(homes, key);
}

function accountKeys(homes: Homes): string[] {
  const names = [accountsFolder(homes), agentsFolder(homes)].flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
  const keys = names.map((name) => /^(.+)\.(?:yaml|sock|log)$/.exec(name)?.[1]);
  return [...new Set(keys.filter((key) => key !== undefined))];
}

async function stopAgent(homes: Homes, key: string): Promise<void> {
  try {
    const agent = await connectAgent(await agentSocket(homes, key), systemClock);
    if (typeof agent === 'string') return;
    await agent.stop();
    agent.close();
  } catch {
    // Whatever it is that answers there, it is no agent of ours.
  }
}
