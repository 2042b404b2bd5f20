/** A user of the built programs: a home folder of their own, a clean environment, and a record of all that was printed. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  backgroundIn,
  binCommand,
  cleanEnv,
  endProcesses,
  processesIn,
  startBin,
  type BinName,
  type ProgramName,
  type RunningBin,
  type RunningProcess,
} from '../../sandbox/testing.ts';
import type { BackgroundProgram } from '../../src/programs.ts';
import { resolveHomes, type Homes } from '../../src/store/paths.ts';

/** The Node that runs the programs under test; the smoke test is repeated on several. */
export const NODE = process.env['BEAMD_TEST_NODE'] ?? process.execPath;
/** What a bin under test is started with, its arguments apart. */
export const commandOf = (bin: ProgramName): readonly [file: string, ...args: string[]] => binCommand(bin, NODE);
/** Words for a shell, each as it is. */
export const quoted = (words: readonly string[]): string => words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
/** Milliseconds after which a command counts as hanging and is killed. */
const DEADLINE = 200_000;

export interface Ran {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Default: the user's working folder. */
  readonly cwd?: string;
  /** Added to the user's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** All of standard input. Default: none. */
  readonly stdin?: string;
  /** Folder of the package whose bin it is. Default: this one. */
  readonly installed?: string;
  /** What it is run with. Default: `NODE`. */
  readonly node?: string;
  /** Milliseconds after which it counts as hanging and is killed. Default 200,000. */
  readonly timeout?: number;
}

export interface CliUser {
  /** Everything of this user is below it. */
  readonly root: string;
  /** The user's home folder. */
  readonly home: string;
  /** `home/.beamd` and `home/.runbeam`. */
  readonly homes: Homes;
  /** The working folder of commands: a folder in the home. */
  readonly work: string;
  readonly env: Readonly<Record<string, string>>;
  /** All that the commands of this user printed so far. */
  transcript(): string;
  start(bin: BinName, args: readonly string[], options?: RunOptions): RunningBin;
  run(bin: BinName, args: readonly string[], options?: RunOptions): Promise<Ran>;
  beamd(...args: string[]): Promise<Ran>;
  runbeam(...args: string[]): Promise<Ran>;
  /** The agents that this user's commands left running. */
  agents(): RunningProcess[];
  /** Those of this user's processes that run one of the programs. */
  background(...programs: readonly BackgroundProgram[]): RunningProcess[];
  /** Ends what runs and removes the home. */
  close(): Promise<void>;
}

export interface CliUserOptions {
  /** Folders between the temp root and the home: spaces, other letters, many bytes. */
  readonly homeName?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whose logins, settings and gateways this user has too. It must not renew or end a session that they share. */
  readonly from?: CliUser;
}

export function createCliUser(options: CliUserOptions = {}): CliUser {
  const root = mkdtempSync(join(tmpdir(), 'w-'));
  const home = join(root, options.homeName ?? 'home');
  const work = join(home, 'work');
  // Short: sockets that do not fit into a long home are made here.
  const temporary = join(root, 't');
  mkdirSync(work, { recursive: true });
  mkdirSync(temporary);
  if (options.from !== undefined) copyHomes(options.from.home, home);
  const env = { ...cleanEnv(home), TMPDIR: temporary, ...options.env };
  const printed: string[] = [];
  const onOutput = (text: string): void => void printed.push(text);

  const running = new Set<RunningBin>();

  const start: CliUser['start'] = (bin, args, { env: more, ...options } = {}) => {
    const whole = { cwd: work, stdin: '', timeout: DEADLINE, node: NODE, onOutput, ...options, env: { ...env, ...more } };
    const child = startBin(bin, args, whole);
    running.add(child);
    const ended = (): void => void running.delete(child);
    child.done.then(ended, ended);
    return child;
  };
  const run: CliUser['run'] = async (bin, args, runOptions) => {
    const { code, stdout, stderr } = await start(bin, args, runOptions).done;
    return { code, stdout, stderr };
  };

  return {
    root,
    home,
    homes: resolveHomes({}, home),
    work,
    env,
    transcript: () => printed.join(''),
    start,
    run,
    beamd: (...args) => run('beamd', args),
    runbeam: (...args) => run('runbeam', args),
    agents: () => backgroundIn(root, 'agent'),
    background: (...programs) => backgroundIn(root, ...programs),
    close: async () => {
      const left = [...running];
      for (const child of left) child.kill('SIGKILL');
      await Promise.allSettled(left.map(({ done }) => done));
      await endProcesses(() => processesIn(root));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Everything but what belongs to agents. */
function copyHomes(from: string, to: string): void {
  for (const name of ['.beamd', '.runbeam'].filter((each) => existsSync(join(from, each)))) {
    cpSync(join(from, name), join(to, name), { recursive: true, filter: (path) => basename(path) !== 'agents' });
  }
}
