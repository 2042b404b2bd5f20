/** Signals at moments that this process has no hand in. */
import { Worker } from 'node:worker_threads';
import type { BackgroundProgram } from '../../sandbox/testing.ts';

export interface SignalOptions {
  /** Default: SIGKILL. */
  readonly signal?: NodeJS.Signals;
  /** Processes by number. */
  readonly pids?: readonly number[];
  /** And all that run one of the programs for the user with this root folder. */
  readonly of?: { readonly root: string; readonly programs: readonly BackgroundProgram[] };
  /** Waits for so many milliseconds until the last of the programs runs; sends nothing if it does not. */
  readonly patience?: number;
  /** Milliseconds to wait then. */
  readonly delay: number;
}

export interface Sent {
  /** When, on the clock of `performance.now`. */
  readonly at: number;
  readonly pids: readonly number[];
}

const THREAD = `
  const fs = require('node:fs');
  const { parentPort, workerData: { signal, pids, root, programs, patience, delay } } = require('node:worker_threads');
  const read = (file) => { try { return fs.readFileSync(file, 'latin1'); } catch { return ''; } };
  const runs = (pid, names) => {
    const command = read('/proc/' + pid + '/cmdline');
    return names.some((name) => command.includes(name + '.cjs')) && read('/proc/' + pid + '/environ').includes(root);
  };
  const running = (names) => fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && runs(name, names)).map(Number);
  const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.max(0, ms));
  const end = performance.now() + patience;
  let met = patience === 0;
  while (!met && performance.now() < end) {
    met = running(programs.slice(-1)).length > 0;
    if (!met) wait(10);
  }
  const sent = [];
  if (met) wait(delay);
  if (met) for (const pid of [...pids, ...running(programs)]) try { process.kill(pid, signal); sent.push(pid); } catch {}
  parentPort.postMessage({ at: performance.timeOrigin + performance.now(), pids: sent });`;

/**
 * Sends a signal from a thread of its own: the sandbox is served by this one, and a timer of it would go off right after an
 * answer more often than at any other moment.
 */
export function signalLater({ signal = 'SIGKILL', pids = [], of, patience = 0, delay }: SignalOptions): Promise<Sent> {
  const { root = '', programs = [] } = of ?? {};
  const thread = new Worker(THREAD, { eval: true, workerData: { signal, pids, root, programs, patience, delay } });
  return new Promise((resolve, reject) => {
    thread.once('message', (sent: Sent) => resolve({ ...sent, at: sent.at - performance.timeOrigin }));
    thread.once('error', reject);
  });
}
