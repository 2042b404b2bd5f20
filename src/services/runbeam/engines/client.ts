/** Runs the client of a secret engine that the operator is logged in to. A secret goes to its standard input, and nowhere else. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { BeamError } from '../../../errors.ts';
import { variable, type Env } from '../../../environment.ts';
import { system } from '../../../platform/system.ts';
import { writeAll } from '../../../store/files/atomic-file.ts';
import { newSerial } from '../../../store/instances/token-ledger.ts';
import { printable } from '../../../text.ts';
import type { Context } from '../../context.ts';

export type ClientContext = Pick<Context, 'env' | 'cwd' | 'signal' | 'notify'>;

/** What a client did. */
export interface Answer {
  readonly ok: boolean;
  readonly stdout: string;
  /** What it said, fit to be shown: no secret that it was given, no escape sequence, a few lines. */
  readonly said: readonly string[];
}

/**
 * One run of a client; `input` is all of its standard input. A client that opens that by its name, `/dev/stdin`, is given a file: what
 * Node calls a pipe is a socket, which cannot be opened.
 */
export type Run = (args: readonly string[], input?: string, as?: 'file') => Promise<Answer>;

/** Milliseconds after which a client is ended. */
const DEADLINE = 60_000;

/** Bytes that are read of what it prints. */
const [MAX_STDOUT, MAX_STDERR] = [4_194_304, 16_384];

/** Lines that are shown of what it says. */
const SHOWN = 4;

/** The file of a program; undefined if it is in none of the absolute folders of the PATH, the current one left out. */
export function programOnPath({ env, cwd }: Pick<Context, 'env' | 'cwd'>, program: string): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder) && resolve(folder) !== resolve(cwd));
  const { programs } = system;
  return programs
    .places(program, { ...env, PATH: folders.join(delimiter) })
    .find((path) => isAbsolute(path) && programs.isRunnable(path));
}

/**
 * Finds a client. Only absolute folders of the PATH count, and never the current one: what lies in a repository is handed no
 * secret for having the right name. Throws `not_found`.
 *
 * @param secrets - what is never shown of what it says; more may be added while it runs
 */
export function clientOf(context: ClientContext, program: string, secrets: readonly string[]): Run {
  const { env, cwd, signal } = context;
  const file = programOnPath(context, program);
  if (file === undefined) {
    throw new BeamError('not_found', `There is no ${program} in the absolute folders of your PATH`, {
      hint: { text: `Install ${program}, and log in with it` },
    });
  }
  return async (args, input = '', as) => {
    const { spawn } = await import('node:child_process');
    const options = { cwd, env: withoutOurs(env), windowsHide: true, timeout: DEADLINE, signal, shell: false } as const;
    if (as === undefined) {
      const child = spawn(file, args, options);
      // It may end without having read all of it.
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
      return answerOf(child, program, secrets);
    }
    const descriptor = namelessFile(env, input);
    try {
      return await answerOf(spawn(file, args, { ...options, stdio: [descriptor, 'pipe', 'pipe'] }), program, secrets);
    } finally {
      closeSync(descriptor);
    }
  };
}

/** A file that has no name any more before there is something in it; in memory, where the system keeps one for its user. */
function namelessFile(env: Env, text: string): number {
  const path = join(variable(env, 'XDG_RUNTIME_DIR') ?? tmpdir(), `runbeam-${newSerial()}`);
  const descriptor = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  // At a position, so that whoever reads the descriptor itself begins at the start.
  writeAll(descriptor, Buffer.from(text), 0);
  return descriptor;
}

/** It is logged in by variables of its own; ours are none of its business. */
function withoutOurs(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(?:RUNBEAM|BEAMD)_/.test(name)));
}

function answerOf(child: ChildProcess, program: string, secrets: readonly string[]): Promise<Answer> {
  return new Promise((done, failed) => {
    const [out, err] = [collected(child.stdout, MAX_STDOUT), collected(child.stderr, MAX_STDERR)];
    child.once('error', (cause) => {
      const hint = { command: `${program} --version` };
      failed(
        new BeamError(cause.name === 'AbortError' ? 'interrupted' : 'failed', `${program} could not be run`, { hint, cause }),
      );
    });
    child.once('close', (code) => {
      done({ ok: code === 0, stdout: out(), said: sayable(err(), secrets) });
    });
  });
}

function collected(stream: Readable | null, max: number): () => string {
  const pieces: Buffer[] = [];
  let size = 0;
  stream?.on('data', (piece: Buffer) => {
    if (size < max) pieces.push(piece);
    size += piece.length;
  });
  return () => Buffer.concat(pieces).subarray(0, max).toString('utf8');
}

/** What no name and no word is: it may be a part of what was read and not understood. */
const LONG = /[\w+/=]{40,}/gu;

// eslint-disable-next-line no-control-regex -- whole sequences go, and not their first byte alone
const SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)/gu;

/** Whole sequences of the terminal go, and secrets as they are, in base64 and in JSON. */
function sayable(text: string, secrets: readonly string[]): string[] {
  const hidden = secrets.flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64'),
    JSON.stringify(secret).slice(1, -1),
  ]);
  let clean = text;
  for (const secret of hidden.filter(({ length }) => length > 3).sort((a, b) => b.length - a.length)) {
    clean = clean.replaceAll(secret, '[redacted]');
  }
  const lines = clean.replace(SEQUENCE, '').replace(LONG, '[redacted]').split(/\r?\n/u);
  return lines
    .map((line) => printable(line.trim()))
    .filter((line) => line !== '')
    .slice(0, SHOWN);
}

/** The error of a run that failed; what the client said is shown before it. */
export function clientFailed(
  { notify }: Pick<Context, 'notify'>,
  program: string,
  what: string,
  said: readonly string[],
): BeamError {
  for (const line of said) notify(`${program}: ${line}`);
  return new BeamError('failed', `${program} could not ${what}`, {
    hint: { text: `Is ${program} logged in, and may it do that?` },
  });
}
