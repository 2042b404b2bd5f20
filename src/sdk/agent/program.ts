/**
 * The installed `beamd`, asked where the agent of an account is. It climbs the ladder, looks whether the socket is ours alone, and
 * starts an agent where none runs: none of these rules is written a second time for programs.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BeamError, isErrorCode } from '../../errors.ts';

/** Which account is meant, in the words of the command line. */
export interface AccountChoice {
  /**
   * The edge, as a user types it: `edge.example.com`. Default: `BEAMD_SERVER`, else the `.beamd` of the project, else the current
   * one.
   */
  readonly server?: string;
  /** Name of an account of that server; `-` is the one without a name. Default: `BEAMD_ACCOUNT`, and so on. */
  readonly account?: string;
  /**
   * A file with a `server` and an `agent_socket`, in place of an account: the agent that listens there is asked for tokens of that
   * server, and none is started. One that holds a `token` itself is refused with `usage`.
   */
  readonly config?: string;
}

export interface ProgramOptions {
  /**
   * The `beamd` to ask: its path, or the words that it is run with, `['/usr/bin/node', '/opt/beamd/bin/beamd.js']`. Default: the
   * one of this package, else `beamd` of `PATH`.
   */
  readonly program?: string | readonly [file: string, ...args: string[]];
  /** Where the search for `.beamd` begins. Default: the working folder of this process. */
  readonly cwd?: string;
}

export interface LinkOptions extends ProgramOptions, AccountChoice {
  /** Whether an agent is started where none runs. Default true. */
  readonly start?: boolean;
  /** What the agent is told about this program, as `beamd agent top` shows it; 40 characters. Default `@beamd/cli/agent`. */
  readonly client?: string;
}

/** Where an agent is. */
export interface Place {
  readonly server: string;
  /** Absent: the account without a name. */
  readonly account?: string;
  readonly socket: string;
  readonly origins: readonly string[];
  readonly running: boolean;
}

/** No more than this is read of what the program prints, bytes: half a screen is usual. */
const MAX_OUTPUT = 64 * 1024;

/**
 * The account's agent: the running one, whatever version it is of; with `start`, a new one where none runs. Throws what the
 * program says, and `program_not_found` where there is none.
 */
export async function findAgent(
  options: ProgramOptions & AccountChoice,
  start: boolean,
  signal: AbortSignal | undefined,
): Promise<Place> {
  const choice = (['server', 'account', 'config'] as const).flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  const found = await ask(options, ['agent', 'status', ...choice], signal);
  if (found.running || !start || options.config !== undefined) return found;
  return ask(options, ['agent', 'start', ...choice], signal);
}

async function ask(options: ProgramOptions, words: readonly string[], signal: AbortSignal | undefined): Promise<Place> {
  const printed: unknown = await run(options, [...words, '--json'], signal);
  if (isObject(printed)) {
    if (isObject(printed['error'])) throw errorOf(printed['error']);
    const { server, account, socket, origins, state, pid } = printed;
    const name = typeof account === 'string' ? { account } : {};
    if (typeof server === 'string' && typeof socket === 'string' && isTexts(origins)) {
      // It prints a state that is `busy`, too: that one is there, and says so itself.
      return { server, ...name, socket, origins, running: state === undefined ? pid !== undefined : state !== 'stopped' };
    }
  }
  throw new BeamError('agent_unavailable', 'The beamd that is installed is older than this program', {
    hint: { command: 'npm install --global @beamd/cli' },
  });
}

/** What the program printed, read as JSON; undefined for anything else. */
function run(
  { program = ownProgram(), cwd }: ProgramOptions,
  words: readonly string[],
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const [file, ...args] = typeof program === 'string' ? [program] : program;
  const options = { maxBuffer: MAX_OUTPUT, windowsHide: true, ...(cwd === undefined ? {} : { cwd }), ...(signal && { signal }) };
  return new Promise((resolve, reject) => {
    const ended = (error: unknown, stdout: string): void => {
      if (signal?.aborted === true) reject(interrupted());
      else if (isOfSpawn(error)) reject(notFound(error));
      else resolve(parsed(stdout));
    };
    try {
      execFile(file, [...args, ...words], options, ended);
    } catch (error) {
      // What is wrong with some paths is thrown, and not told.
      ended(error, '');
    }
  });
}

/** Whether there was no program that could be started. */
function isOfSpawn(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && typeof error.syscall === 'string' && error.syscall.startsWith('spawn');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Beside this file in the package, run by this Node. Another runtime would have to run agents as well, which are written for Node:
 * there it is the Node of `PATH`. Where this file was bundled into another program, that has no `bin` beside it.
 */
function ownProgram(): readonly [string, ...string[]] {
  const here = (import.meta as { readonly dirname?: string }).dirname;
  const bin = here === undefined ? '' : join(here, '..', '..', 'bin', 'beamd.js');
  if (!existsSync(bin)) return ['beamd'];
  const { bun, deno, electron } = process.versions;
  return [bun === undefined && deno === undefined && electron === undefined ? process.execPath : 'node', bin];
}

function errorOf({ code, message, hint }: Readonly<Record<string, unknown>>): BeamError {
  const words = typeof hint === 'string' ? { hint: /^(?:beamd|runbeam) /.test(hint) ? { command: hint } : { text: hint } } : {};
  return new BeamError(isErrorCode(code) ? code : 'failed', typeof message === 'string' ? message : 'beamd failed', words);
}

function notFound(cause: unknown): BeamError {
  const hint = { command: 'npm install --global @beamd/cli' };
  return new BeamError('program_not_found', 'There is no beamd here that could be asked for the agent', { hint, cause });
}

/** What ends a call whose signal was aborted. */
export function interrupted(): BeamError {
  return new BeamError('interrupted', 'The call was ended before the agent answered');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
