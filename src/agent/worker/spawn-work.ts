import { BeamError } from '../../errors.ts';
import type { Keys, Env } from '../../environment.ts';
import { isFields } from '../protocol/codec.ts';
import type { Programs } from '../../programs.ts';
import { parseError } from '../protocol/wire.ts';
import { parseAuthorizeResult, parseMachineToken, parseScopeList } from '../protocol/values.ts';
import type { Work } from './work.ts';
import { parseLoaded, encodeOrder } from './worker-protocol.ts';
import type { Job, Order } from './worker-protocol.ts';
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { backgroundNodeArguments, backgroundOptions } from '../../environment.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface SpawnWorkOptions {
  readonly account: string;
  readonly keys: Keys;
  readonly env: Env;
  readonly programs: Pick<Programs, 'worker'>;
}

/** Longest answer a worker may give, bytes: an account with thousands of orgs fits. */
const MAX_ANSWER = 1024 * 1024;

function noAnswer(cause?: unknown): BeamError {
  return new BeamError('failed', 'A background worker ended without an answer', { hint: { command: 'beamd agent log' }, cause });
}

/** The result in a worker's answer. Throws what the worker failed with. */
function resultOf(line: string): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch {
    throw noAnswer();
  }
  if (!isFields(answer)) throw noAnswer();
  if (isFields(answer['error'])) throw parseError(answer['error']);
  return answer['result'];
}

/**
 * Has the work done by a detached process that outlives this one: killed while a refresh is under way, the agent takes
 * nothing with it, because the worker holds the lock, finishes, and stores what the server gave.
 */
export function spawnWork(options: SpawnWorkOptions): Work {
  const run = async (job: Job): Promise<unknown> => resultOf(await runWorker(options, job));
  return {
    load: async () => parseLoaded(await run({ kind: 'load' })),
    refresh: async (olderThan) => parseLoaded(await run(omitUndefined({ kind: 'refresh', olderThan }))),
    refreshScopes: async () => parseScopeList(await run({ kind: 'scopes' })),
    authorize: async (request) => parseAuthorizeResult(await run({ kind: 'authorize', request })),
    machineToken: async (gatewayCode) => parseMachineToken(await run({ kind: 'machine_token', gatewayCode })),
  };
}

function runWorker({ account, keys, env, programs }: SpawnWorkOptions, job: Job): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = startWorker({ account, keys, job }, { env, programs });
    const pieces: Buffer[] = [];
    let size = 0;
    child.once('error', (error) => {
      reject(noAnswer(error));
    });
    child.stdout.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size <= MAX_ANSWER) pieces.push(piece);
    });
    child.stdout.once('close', () => {
      if (size === 0 || size > MAX_ANSWER) reject(noAnswer());
      else resolve(Buffer.concat(pieces).toString('utf8'));
    });
  });
}

/** Starts a detached worker and gives it its order; its standard output is the answer. A failure is its `error` event. */
export function startWorker(
  order: Order,
  { env, programs }: { readonly env: Env; readonly programs: Pick<Programs, 'worker'> },
): ChildProcessByStdio<Writable, Readable, null> {
  const worker = spawn(process.execPath, [...backgroundNodeArguments(), programs.worker], {
    ...backgroundOptions(env),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  worker.stdin.on('error', () => undefined);
  worker.stdin.end(encodeOrder(order));
  return worker;
}
