/** How a program that reads a token file learns that it was replaced: a command is run, or a signal is sent. Never by a shell. */
import { constants } from 'node:os';
import { BeamError } from '../../errors.ts';
import { handedOnFrom } from '../../programs.ts';
import { system } from '../../platform/system.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';

/** Whom to tell: the words of a command, or `HUP:1234`. */
export type TellInput = { readonly command: readonly string[] } | { readonly signal: string };

export interface Teller {
  /** Tells it. Waits for nothing, and throws nothing: what goes wrong is warned of. */
  tell(): void;
  /** Ends a command that still runs. */
  close(): void;
}

type TellContext = Pick<Context, 'env' | 'warn'>;

/** Throws `usage` for what is no signal or no process, and for process 1 and this one; `not_found` for a process that is not there. */
export async function tellerOf(context: TellContext, input: TellInput | undefined): Promise<Teller> {
  if (input === undefined) return { tell: () => undefined, close: () => undefined };
  return 'signal' in input ? bySignal(context, input.signal) : byCommand(context, input.command);
}

/** Those that ask for something, and are not the end of a process that does not know them for it. */
const NAMES = ['HUP', 'USR1', 'USR2', 'TERM', 'INT', 'CONT', 'WINCH'] as const;

function bySignal({ warn }: TellContext, text: string): Teller {
  const [, name = '', digits = ''] = /^(?:SIG)?([A-Z][A-Z0-9]*):([1-9]\d{0,9})$/.exec(text) ?? [];
  const signal = NAMES.find((one) => one === name);
  if (signal === undefined || !(`SIG${signal}` in constants.signals)) {
    throw new BeamError('usage', `--signal takes the name of a signal and a process: ${printable(text, 40)} is none`, {
      hint: { text: `As in --signal HUP:1234; there are ${NAMES.join(', ')}` },
    });
  }
  const pid = Number(digits);
  refuseUnmeant(pid);
  const began = system.processes.startOf(pid);
  const gone = `The process ${digits} is not there`;
  if (began === undefined) throw new BeamError('not_found', gone, { hint: { command: `ps -p ${digits}` } });
  let told = false;
  return {
    tell: () => {
      // Its number may be another process's by now.
      if (system.processes.startOf(pid) === began && send(pid, `SIG${signal}`)) return;
      if (!told) warn(`${gone} any more, or is not to be told by you; the file is still kept fresh`);
      told = true;
    },
    close: () => undefined,
  };
}

/** Nobody means the first process of the system, whose HUP is another matter, or this very command. Throws `usage`. */
function refuseUnmeant(pid: number): void {
  if (pid !== 1 && pid !== process.pid) return;
  const what = pid === 1 ? 'the first process of the system' : 'this command itself';
  throw new BeamError('usage', `--signal tells whoever reads the file, and process ${String(pid)} is ${what}`, {
    hint: { command: 'beamd token --out FILE --watch --exec -- COMMAND' },
  });
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

const NOT_STARTED = 'could not be started';

async function byCommand({ env, warn }: TellContext, [file = '', ...args]: readonly string[]): Promise<Teller> {
  const { spawn } = await import('node:child_process');
  const name = printable(file, 80);
  let running: ReturnType<typeof spawn> | undefined;
  let again = false;
  const tell = (): void => {
    // Never two at once; what came meanwhile is told once more when it ends.
    again = running !== undefined;
    if (again) return;
    const ended = (problem: string | undefined): void => {
      running = undefined;
      if (problem !== undefined) warn(`${name} was to be told of the new token, and ${problem}`);
      if (again) tell();
    };
    let child: ReturnType<typeof spawn>;
    try {
      // Its output stands with ours, on standard error.
      child = spawn(file, args, { env: handedOnFrom(env), stdio: ['ignore', 2, 2], shell: false, windowsHide: true });
    } catch {
      // What is wrong with some paths is not told by an event.
      ended(NOT_STARTED);
      return;
    }
    running = child;
    child.once('error', () => ended(NOT_STARTED));
    child.once('exit', (code, signal) => ended(code === 0 ? undefined : `ended with ${signal ?? String(code)}`));
  };
  return {
    tell,
    close: () => {
      again = false;
      running?.removeAllListeners('exit').kill();
      running?.unref();
    },
  };
}
