import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import type { Env } from '../../environment.ts';
import { BeamError, systemCode } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { printable } from '../../text.ts';
import { atStart, withCallersUmask } from './at-start.ts';
import { processInterrupt } from './interrupt.ts';

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
      if (!ignored.has(signal) && !(system.signals.fromTerminal.has(signal) && inForeground(child))) child.kill(signal);
    };
    for (const signal of system.signals.held) process.on(signal, forward);
    processInterrupt().release();
    const end = (): void => {
      for (const signal of system.signals.held) process.off(signal, forward);
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
  const { descriptors } = atStart();
  const [file = '', ...args] = startable(command, env);
  try {
    return withCallersUmask(() => spawn(file, args, { env, stdio: system.descriptors.stdioWith(descriptors) }));
  } catch (error) {
    throw startError(command, env, error);
  }
}

/** The command as the system is to be told, so that what was ignored is ignored again. */
function startable(command: readonly string[], env: Env): readonly string[] {
  const { ignored } = atStart();
  const ignoring = ignored.size > 0 ? system.signals.ignoring(ignored, command) : undefined;
  if (ignoring === undefined && !system.programs.takesPaths) return command;
  const path = findProgram(command, env);
  // A shell in between would say for itself, in its own words, that a program cannot be run.
  if (path === undefined || !system.programs.isRunnable(path)) throw startError(command, env);
  return ignoring ?? [path, ...command.slice(1)];
}

/** Whether the terminal itself sends its signals to this child. Where that cannot be told: whether there is a terminal. */
function inForeground({ pid }: ChildProcess): boolean {
  const reached = pid === undefined ? undefined : system.signals.reachedByTerminal(pid);
  return reached ?? (process.stdin.isTTY || process.stderr.isTTY);
}

/** The file that a command means: the first that can be run, else the first that is there. */
function findProgram([program = '']: readonly string[], env: Env): string | undefined {
  const there = system.programs.places(program, env).filter((place) => existsSync(place));
  return there.find((place) => system.programs.isRunnable(place)) ?? there[0];
}

function startError(command: readonly string[], env: Env, cause?: unknown): BeamError {
  const name = printable(command[0] ?? '', 80);
  const path = findProgram(command, env);
  if (path === undefined) {
    const hint = { text: /[\\/]/.test(name) ? 'Check the path' : 'Check the name, and that its folder is in PATH' };
    return new BeamError('program_not_found', `There is no program ${name}`, { hint, cause });
  }
  const { why, command: next } = system.programs.whyNotRunnable(path);
  return new BeamError('program_not_runnable', `${name} cannot be run: ${failure(path, cause) ?? why}`, {
    hint: { command: next },
    cause,
  });
}

/** Why a program that could be run was not; undefined for one that cannot. */
function failure(path: string, cause: unknown): string | undefined {
  const code = systemCode(cause);
  if (code === 'E2BIG') return 'its arguments and environment are too long';
  if (!system.programs.isRunnable(path)) return undefined;
  // It is there and may be run: what is missing is what its first line names.
  return code === 'ENOENT' ? 'the program that its first line names is missing' : (code ?? 'it failed');
}
