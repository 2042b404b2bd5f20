/** Has jobs done by detached processes. */
import { spawn } from 'node:child_process';
import { BeamError } from '../../errors.ts';
import { backgroundEnvironment, type Env, type Keys } from '../../environment.ts';
import { system } from '../../platform/system.ts';
import { isThere, type Programs } from '../../programs.ts';
import type { Send } from '../protocol/calls.ts';
import { encodeJob, outdated, parseResponse } from '../protocol/messages.ts';
import { tellOf } from '../protocol/requests.ts';
import type { Job } from '../protocol/wire.ts';

/** Does a job; parameters and result are in their JSON form. Throws what the job failed with. */
export type RunJob = Send<Job>;

export interface SpawnWorkerOptions {
  /** Key of the account. */
  readonly account: string;
  readonly keys: Keys;
  readonly env: Env;
  readonly programs: Pick<Programs, 'worker'>;
}

/** Longest answer a worker may give, bytes: an account with thousands of orgs fits. */
const MAX_ANSWER = 1024 * 1024;

/**
 * How long a job is waited for that may wait for a server without end, milliseconds. Its worker goes on: only those who wait
 * give up.
 */
const PATIENCE: Partial<Record<Job, number>> = { refresh: 45_000, refreshScopes: 75_000 };

function noAnswer(cause?: unknown): BeamError {
  return new BeamError('failed', 'A background worker ended without an answer', { hint: { command: 'beamd agent log' }, cause });
}

function tooLong(patience: number): BeamError {
  const message = `The server has not answered within ${String(patience / 1000)} s; a background worker goes on waiting for it`;
  return new BeamError('timeout', message, { hint: { text: 'Run the command again in a moment' } });
}

/**
 * Each job is done by a detached process that outlives this one: killed while a refresh is under way, the agent takes
 * nothing with it, because the worker holds the lock, finishes, and stores what the server gave.
 */
export function spawnWorker(options: SpawnWorkerOptions): RunJob {
  return async (job, params, tell) => {
    const response = parseResponse(await answerOf(options, job, params));
    if (response === undefined) throw noAnswer();
    tellOf(response.requests, tell);
    if ('error' in response) throw response.error;
    return response.result;
  };
}

/** Starts a worker, gives it its job on standard input, and resolves to what it says until it closes its output. */
function answerOf({ account, keys, env, programs }: SpawnWorkerOptions, job: Job, params: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = spawn(programs.worker.file, programs.worker.args, {
      ...system.programs.background,
      env: backgroundEnvironment(env),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const fail = (error: BeamError): void => {
      clearTimeout(timer);
      worker.stdout.destroy();
      worker.unref();
      reject(error);
    };
    const patience = PATIENCE[job];
    // After a suspend the answer may be in the pipe, unread: it gets a turn of the loop.
    const timer = patience && setTimeout(() => setImmediate(() => fail(tooLong(patience))), patience);
    const pieces: Buffer[] = [];
    let size = 0;
    worker.once('error', (error) => fail(isThere(programs.worker) ? noAnswer(error) : outdated(error)));
    worker.stdout.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size <= MAX_ANSWER) pieces.push(piece);
    });
    worker.stdout.once('close', () => {
      clearTimeout(timer);
      if (size > 0 && size <= MAX_ANSWER) resolve(Buffer.concat(pieces).toString('utf8'));
      else fail(isThere(programs.worker) ? noAnswer() : outdated());
    });
    worker.stdin.on('error', () => undefined);
    worker.stdin.end(encodeJob({ account, keys, job, params }));
  });
}
