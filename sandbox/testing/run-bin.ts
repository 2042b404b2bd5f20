/** The built bins as child processes. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { nodePrograms, standalonePrograms, type Programs } from '../../src/programs.ts';
import type { Env } from '../../src/environment.ts';
import { allNames, type NAMES } from './all-names.ts';

/** The package this file is part of, from its source as well as from its bundle. */
export const PACKAGE_ROOT = findRoot();

function findRoot(): string {
  const { dirname } = import.meta;
  return dirname.endsWith('.build') ? join(dirname, '..') : join(dirname, '..', '..');
}

export type BinName = 'beamd' | 'runbeam';

/** A bin, or a further name of one. */
export type ProgramName = (typeof NAMES)[number];

const { BEAMD_TEST_BIN } = process.env;

/** The executable that is tried in place of Node and the built files: `BEAMD_TEST_BIN`, from the package's folder. */
export const STANDALONE_BIN = BEAMD_TEST_BIN ? resolve(PACKAGE_ROOT, BEAMD_TEST_BIN) : undefined;

/** What a bin is started with, its arguments apart. `installed`: the folder of another copy of the package. */
export function binCommand(
  bin: ProgramName,
  node = process.execPath,
  installed = PACKAGE_ROOT,
): readonly [file: string, ...args: string[]] {
  if (STANDALONE_BIN !== undefined && installed === PACKAGE_ROOT)
    return [join(allNames(STANDALONE_BIN, join(PACKAGE_ROOT, '.build')), bin)];
  return [node, join(installed, 'bin', `${bin}.js`)];
}

/** The background programs of what is tried. */
export function builtPrograms(node = process.execPath): Programs {
  if (STANDALONE_BIN !== undefined) return standalonePrograms(STANDALONE_BIN);
  return nodePrograms(join(PACKAGE_ROOT, 'dist'), node);
}

export interface RunOptions {
  /** The whole environment of the child: `TempHome.env` and what is added to it. */
  readonly env: Env;
  /** Default: the home folder of `env`. */
  readonly cwd?: string;
  /** All of standard input. Default: none, standard input is closed. */
  readonly stdin?: string;
  /** Milliseconds until the child is killed. Default 30,000. */
  readonly timeout?: number;
  /** Folder of the package whose bin it is. Default: this one. */
  readonly installed?: string;
  /** The Node to run with. Default: this one. */
  readonly node?: string;
  /** What the bin is started with, its arguments apart. Default: `binCommand`. */
  readonly command?: readonly [file: string, ...args: string[]];
  /** Called with each piece of output as it comes. */
  readonly onOutput?: (text: string, stream: 'stdout' | 'stderr') => void;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code; `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningBin {
  readonly pid: number | undefined;
  /** What it has printed so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Resolves with the first match in stdout and stderr together; rejects when the program ends without one. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal?: NodeJS.Signals): void;
  readonly done: Promise<RunResult>;
}

/** Runs a bin to its end. Rejects only when it cannot be started. */
export function runBin(bin: BinName, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return startBin(bin, args, options).done;
}

/** Starts a bin, for what happens while it runs: a device login, a Ctrl-C. */
export function startBin(bin: BinName, args: readonly string[], options: RunOptions): RunningBin {
  const { env, cwd = env['HOME'], stdin = '', timeout = 30_000, installed, node, command } = options;
  const [file, ...words] = command ?? binCommand(bin, node, installed);
  const child = spawn(file, [...words, ...args], { env, cwd, stdio: 'pipe' });
  const text = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  let over = false;
  const take = (stream: 'stdout' | 'stderr', piece: string): void => {
    text[stream] += piece;
    options.onOutput?.(piece, stream);
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => take('stdout', piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => take('stderr', piece));
  // A program that does not read its input may be gone before all of it was written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
  const done = new Promise<RunResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      over = true;
      for (const watcher of watchers) watcher();
      resolve({ ...text, code, signal });
    });
  });
  const waitFor = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(`${text.stdout}\n${text.stderr}`);
        if (match === null && !over) return;
        watchers.delete(look);
        if (match === null) reject(new Error(`${bin} ended without printing ${String(pattern)}:\n${text.stdout}${text.stderr}`));
        else resolve(match);
      };
      watchers.add(look);
      look();
    });
  return { pid: child.pid, output: () => ({ ...text }), waitFor, kill: (signal) => child.kill(signal), done };
}
