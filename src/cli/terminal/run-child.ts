import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { BeamError, systemCode } from '../../errors.ts';
import { printable } from '../../text.ts';
import { processInterrupt } from './interrupt.ts';

const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR2', 'SIGWINCH'] as const;
/** The terminal sends these to the child itself, which is in the same foreground group. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']);

/**
 * Runs a program with this process's streams and passes signals on to it. Returns its exit code; one that a signal
 * ended gives 128 and the signal's number, as shells do. Throws `not_found` and `failed` if it cannot be started.
 */
export function runChild(command: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const [program = '', ...args] = command;
  processInterrupt().release();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: 'inherit' });
    const forward = (signal: NodeJS.Signals): void => {
      if (!(FROM_TERMINAL.has(signal) && process.stdin.isTTY)) child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    const end = (): void => {
      for (const signal of FORWARDED) process.off(signal, forward);
    };
    child.once('error', (error) => {
      end();
      reject(startError(program, error));
    });
    child.once('exit', (code, signal) => {
      end();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function startError(program: string, cause: Error): BeamError {
  const name = printable(program, 80);
  return systemCode(cause) === 'ENOENT'
    ? new BeamError('not_found', `There is no program ${name}`, { cause })
    : new BeamError('failed', `${name} cannot be run`, { cause });
}
