/** Signals at moments that this process has no hand in. */
import { Worker } from 'node:worker_threads';
import type { BackgroundProgram } from '../../src/programs.ts';

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
  /** Before the first and after the last of them, on the clock of `performance.now`. */
  readonly from: number;
  readonly at: number;
  readonly pids: readonly number[];
  /** The same processes as their locks name them: pid namespace and number in it. */
  readonly names: readonly string[];
}

const THREAD = `
  const fs = require('node:fs');
  const { parentPort, workerData: { signal, pids, root, programs, patience, delay } } = require('node:worker_threads');
  const read = (file) => { try { return fs.readFileSync(file, 'latin1'); } catch { return ''; } };
  const runs = (pid, names) => {
    const command = read('/proc/' + pid + '/cmdline');
    return names.some((name) => command.includes(name + '.cjs') || command.includes('--program=' + name)) && read('/proc/' + pid + '/environ').includes(root);
  };
  const running = (names) => fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && runs(name, names)).map(Number);
  const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.max(0, ms));
  const end = performance.now() + patience;
  let met = patience === 0;
  while (!met && performance.now() < end) {
    met = running(programs.slice(-1)).length > 0;
    if (!met) wait(10);
  }
  const link = (path) => { try { return fs.readlinkSync(path); } catch { return ''; } };
  const nameOf = (pid) => {
    const inner = /^NSpid:.*?(\\d+)$/m.exec(read('/proc/' + pid + '/status'))?.[1];
    return /\\d+/.exec(link('/proc/' + pid + '/ns/pid')) + ' ' + inner;
  };
  const now = () => performance.timeOrigin + performance.now();
  const sent = { pids: [], names: [] };
  if (met) wait(delay);
  const targets = met ? [...pids, ...running(programs)].map((pid) => [pid, nameOf(pid)]) : [];
  const from = now();
  for (const [pid, name] of targets) try { process.kill(pid, signal); sent.pids.push(pid); sent.names.push(name); } catch {}
  parentPort.postMessage({ ...sent, from, at: now() });`;

/**
 * Sends a signal from a thread of its own: the sandbox is served by this one, and a timer of it would go off right after an
 * answer more often than at any other moment.
 */
export function signalLater({ signal = 'SIGKILL', pids = [], of, patience = 0, delay }: SignalOptions): Promise<Sent> {
  const { root = '', programs = [] } = of ?? {};
  const thread = new Worker(THREAD, { eval: true, workerData: { signal, pids, root, programs, patience, delay } });
  return new Promise((resolve, reject) => {
    thread.once('message', (sent: Sent) => {
      resolve({ ...sent, from: sent.from - performance.timeOrigin, at: sent.at - performance.timeOrigin });
    });
    thread.once('error', reject);
  });
}
