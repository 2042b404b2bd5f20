import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Programs } from '../programs.ts';
import type { Env } from '../store/paths.ts';
import { backgroundNodeArguments, backgroundOptions } from './environment.ts';
import { encodeOrder } from './worker-protocol.ts';
import type { Order } from './worker-protocol.ts';

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
