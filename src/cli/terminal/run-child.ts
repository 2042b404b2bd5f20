import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants as modes, existsSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { passedStdio } from '../../descriptors.ts';
import type { Env } from '../../environment.ts';
import { BeamError, systemCode } from '../../errors.ts';
import { printable } from '../../text.ts';
import { atStart, withCallersUmask } from './at-start.ts';
import { groups } from './ignored-signals.ts';
import { processInterrupt } from './interrupt.ts';

const FORWARDED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGTERM', 'SIGWINCH'] as const;

/** A terminal sends these to everybody in its foreground group. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']);

const SHELL = '/bin/sh';

/**
 * Runs a program with the streams, descriptors and umask that this process was started with, and passes signals on to it.
 * What was ignored then, both ignore. Returns its exit code; one that a signal ended gives 128 and the signal's number, as
 * shells do. Throws `program_not_found`, `program_not_runnable`, and `interrupted`.
 */
export function runChild(command: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const { ignored } = atStart();
  return new Promise((resolve, reject) => {
    // One that came before there is anybody to pass it on to ends this process: then nothing may be started.
    processInterrupt().signal.throwIfAborted();
    const child = start(command, env);
    const forward = (signal: NodeJS.Signals): void => {
      if (!ignored.has(signal) && !(FROM_TERMINAL.has(signal) && inForeground(child))) child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    processInterrupt().release();
    const end = (): void => {
      for (const signal of FORWARDED) process.off(signal, forward);
    };
    child.once('error', (error) => {
      end();
      reject(startError(command, env, error));
    });
    child.once('exit', (code, signal) => {
      end();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function start(command: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const { ignored, descriptors } = atStart();
  const [file = '', ...args] = ignored.size > 0 && existsSync(SHELL) ? ignoring(ignored, command, env) : command;
  try {
    return withCallersUmask(() => spawn(file, args, { env, stdio: passedStdio(descriptors) }));
  } catch (error) {
    throw startError(command, env, error);
  }
}

/** Node sets every signal back in what it starts, so a shell in between ignores these again. */
function ignoring(signals: ReadonlySet<NodeJS.Signals>, command: readonly string[], env: Env): string[] {
  // It would say for itself, in its own words, that a program cannot be run.
  if (!isRunnable(findProgram(command, env))) throw startError(command, env);
  const names = Array.from(signals, (signal) => signal.slice('SIG'.length));
  return [SHELL, '-c', `trap '' ${names.join(' ')}; exec "$@"`, 'sh', ...command];
}

/** Whether the terminal itself sends its signals to this child. Without /proc: whether there is a terminal. */
function inForeground({ pid }: ChildProcess): boolean {
  const known = pid === undefined ? undefined : groups(pid);
  return known === undefined ? process.stdin.isTTY || process.stderr.isTTY : known.own === known.foreground;
}

/** The file that a command means, as execvp finds it: the first that can be run, else the first that is there. */
function findProgram([program = '']: readonly string[], env: Env): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter);
  const places = program.includes('/') ? [program] : folders.map((folder) => join(folder, program));
  const there = places.filter((place) => existsSync(place));
  return there.find(isRunnable) ?? there[0];
}

function isRunnable(path: string | undefined): boolean {
  if (path === undefined) return false;
  try {
    accessSync(path, modes.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function startError(command: readonly string[], env: Env, cause?: unknown): BeamError {
  const name = printable(command[0] ?? '', 80);
  const path = findProgram(command, env);
  if (path === undefined) return new BeamError('program_not_found', `There is no program ${name}`, { cause });
  return new BeamError('program_not_runnable', `${name} cannot be run: ${whyNot(path, cause)}`, {
    hint: { command: `ls -ld ${path}` },
    cause,
  });
}

function whyNot(path: string, cause: unknown): string {
  const code = systemCode(cause);
  if (code === 'E2BIG') return 'its arguments and environment are too long';
  if (!isRunnable(path))
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? 'it is a folder' : 'permission denied';
  // It is there and may be run: what is missing is what its first line names.
  return code === 'ENOENT' ? 'the program that its first line names is missing' : (code ?? 'it failed');
}
