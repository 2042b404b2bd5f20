/** A user of the built programs: a home folder of their own, a clean environment, and a record of all that was printed. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { leftoverProcesses, type Leftover } from './leftovers.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The Node that runs the programs under test; the smoke test is repeated on several. */
const NODE = process.env['BEAMD_TEST_NODE'] ?? process.execPath;
/** Milliseconds after which a command counts as hanging. */
const DEADLINE = 40_000;

export type Bin = 'beamd' | 'runbeam';

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
  /** What is typed into stdin. Absent: stdin is closed. */
  readonly input?: string;
}

/** A command under way. */
export interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ran>;
  /** Resolves when stdout and stderr together match; rejects when the command ends before. */
  seen(pattern: RegExp): Promise<RegExpMatchArray>;
}

export interface World {
  /** The user's home folder. */
  readonly home: string;
  /** A working folder outside the home's dot-folders. */
  readonly work: string;
  /** All that the commands of this world printed so far. */
  readonly transcript: () => string;
  start(bin: Bin, args: readonly string[], options?: RunOptions): Started;
  run(bin: Bin, args: readonly string[], options?: RunOptions): Promise<Ran>;
  beamd(...args: string[]): Promise<Ran>;
  runbeam(...args: string[]): Promise<Ran>;
  /** Processes that this world's commands left running: its agents. */
  processes(): Leftover[];
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
  mkdirSync(work, { recursive: true });
  const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: tmpdir(), ...options.env };
  const printed: string[] = [];

  const start: World['start'] = (bin, args, run = {}) => {
    const child = spawn(NODE, [join(ROOT, 'bin', `${bin}.js`), ...args], {
      cwd: run.cwd ?? work,
      env: { ...env, ...run.env },
    });
    return follow(child, `${bin} ${args.join(' ')}`, run.input ?? '', printed);
  };
  const run: World['run'] = async (bin, args, runOptions) => start(bin, args, runOptions).ended;

  return {
    home,
    work,
    transcript: () => printed.join(''),
    start,
    run,
    beamd: (...args) => run('beamd', args),
    runbeam: (...args) => run('runbeam', args),
    processes: () => leftoverProcesses(root, process.pid),
    close: async () => {
      await endAll(root);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function follow(child: ChildProcessWithoutNullStreams, name: string, input: string, printed: string[]): Started {
  const output = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      output[stream] += chunk;
      printed.push(chunk);
      for (const watcher of watchers) watcher();
    });
  }
  child.stdin.on('error', () => undefined); // a command may end without reading
  child.stdin.end(input);

  const ended = new Promise<Ran>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${name} did not end in ${DEADLINE} ms\nstdout: ${output.stdout}\nstderr: ${output.stderr}`));
    }, DEADLINE);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...output });
    });
  });
  return { child, ended, seen: (pattern) => seen(pattern, output, watchers, ended) };
}

async function seen(
  pattern: RegExp,
  output: { readonly stdout: string; readonly stderr: string },
  watchers: Set<() => void>,
  ended: Promise<Ran>,
): Promise<RegExpMatchArray> {
  const look = (): RegExpMatchArray | null => pattern.exec(output.stdout + output.stderr);
  return new Promise((resolve, reject) => {
    const watcher = (): void => {
      const match = look();
      if (match === null) return;
      watchers.delete(watcher);
      resolve(match);
    };
    watchers.add(watcher);
    ended.then((ran) => {
      watcher();
      reject(new Error(`ended before it printed ${pattern.source}: ${JSON.stringify(ran)}`));
    }, reject);
    watcher();
  });
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
