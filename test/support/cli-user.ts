/** A user of the built programs: a home folder of their own, a clean environment, and a record of all that was printed. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanEnv, startBin, type BinName, type RunningBin } from '../../sandbox/testing.ts';
import { leftoverProcesses, type Leftover } from './leftovers.ts';

/** The Node that runs the programs under test; the smoke test is repeated on several. */
export const NODE = process.env['BEAMD_TEST_NODE'] ?? process.execPath;
/** Milliseconds after which a command counts as hanging and is killed. */
const DEADLINE = 60_000;

export interface Ran {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the user's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** All of standard input. Default: none. */
  readonly input?: string;
}

export interface World {
  /** Everything of this world is below it. */
  readonly root: string;
  /** The user's home folder. */
  readonly home: string;
  /** The working folder of commands: a folder in the home. */
  readonly work: string;
  readonly env: Readonly<Record<string, string>>;
  /** All that the commands of this world printed so far. */
  transcript(): string;
  start(bin: BinName, args: readonly string[], options?: RunOptions): RunningBin;
  run(bin: BinName, args: readonly string[], options?: RunOptions): Promise<Ran>;
  beamd(...args: string[]): Promise<Ran>;
  runbeam(...args: string[]): Promise<Ran>;
  /** The agents that this world's commands left running. Their workers come and go. */
  agents(): Leftover[];
  /** Ends what runs and removes the home. */
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Folders between the temp root and the home: spaces, other letters, many bytes. */
  readonly homeName?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function createWorld(options: WorldOptions = {}): World {
  const root = mkdtempSync(join(tmpdir(), 'w-'));
  const home = join(root, options.homeName ?? 'home');
  const work = join(home, 'work');
  // Short: sockets that do not fit into a long home are made here.
  const temporary = join(root, 't');
  mkdirSync(work, { recursive: true });
  mkdirSync(temporary);
  const env = { ...cleanEnv(home), TMPDIR: temporary, ...options.env };
  const printed: string[] = [];
  const onOutput = (text: string): void => void printed.push(text);

  const running = new Set<RunningBin>();

  const start: World['start'] = (bin, args, { cwd = work, env: more, input = '' } = {}) => {
    const child = startBin(bin, args, { env: { ...env, ...more }, cwd, stdin: input, timeout: DEADLINE, node: NODE, onOutput });
    running.add(child);
    const ended = (): void => void running.delete(child);
    child.done.then(ended, ended);
    return child;
  };
  const run: World['run'] = async (bin, args, runOptions) => {
    const { code, stdout, stderr } = await start(bin, args, runOptions).done;
    return { code, stdout, stderr };
  };

  return {
    root,
    home,
    work,
    env,
    transcript: () => printed.join(''),
    start,
    run,
    beamd: (...args) => run('beamd', args),
    runbeam: (...args) => run('runbeam', args),
    agents: () => leftoverProcesses(root, process.pid).filter(({ command }) => command.includes('agent.cjs')),
    close: async () => {
      const left = [...running];
      for (const child of left) child.kill('SIGKILL');
      await Promise.allSettled(left.map(({ done }) => done));
      await endAll(root);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function endAll(root: string): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (const { pid } of leftoverProcesses(root, process.pid)) signalProcess(pid, signal);
    const until = Date.now() + 5_000;
    while (Date.now() < until) {
      if (leftoverProcesses(root, process.pid).length === 0) return;
      await sleep(20);
    }
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended meanwhile
  }
}
