/** A home folder for one test or one demo, and the agents that were started from it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAgent } from '../../src/agent/client/client.ts';
import { agentSocket } from '../../src/agent/protocol/socket-path.ts';
import { systemClock } from '../../src/clock.ts';
import { accountsFolder, agentsFolder, resolveHomes, type Homes } from '../../src/store/paths.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface TempHome {
  /** The folder that plays `$HOME`. */
  readonly path: string;
  /** `path/.beamd` and `path/.runbeam`. */
  readonly homes: Homes;
  /** A clean environment: this home, a PATH, and nothing of the caller's. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops the agents of this home and removes it. */
  remove(): Promise<void>;
}

/** @param name - part of the folder's name; spaces and any letters are fine */
export async function tempHome(name = 'home'): Promise<TempHome> {
  const path = await realpath(await mkdtemp(join(tmpdir(), `beamd-${name}-`)));
  const homes = resolveHomes({}, path);
  return {
    path,
    homes,
    env: cleanEnv(path),
    remove: async () => {
      await stopAgents(homes);
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

/**
 * Stops every agent of a home, and resolves when none is left. An agent that does not listen any more is killed, which
 * only works where /proc tells whose it is.
 */
export async function stopAgents(homes: Homes): Promise<void> {
  for (const key of accountKeys(homes)) await stopAgent(homes, key);
  const deadline = Date.now() + STOP_LIMIT;
  while (agentProcesses(homes).length > 0) {
    if (Date.now() > deadline) for (const pid of agentProcesses(homes)) kill(pid);
    await sleep(20);
  }
}

/** How long an agent may take to end once it was told, milliseconds. */
const STOP_LIMIT = 3_000;

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
    // Whatever it is that answers there, the processes are looked at next.
  }
}

/** The agents and workers of a home by /proc; none where there is no /proc. */
export function agentProcesses(homes: Homes): number[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => belongsTo(homes, pid));
}

function belongsTo(homes: Homes, pid: number): boolean {
  try {
    const program = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .some((part) => /[/\\](agent|worker)\.cjs$/.test(part));
    if (!program) return false;
    const env = Object.fromEntries(
      readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)]),
    );
    return resolveHomes(env, env['HOME'] ?? '/').beamd === homes.beamd;
  } catch {
    // It ended meanwhile, or is another user's.
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
