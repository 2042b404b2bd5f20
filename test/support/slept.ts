/** How long a process waits for something, told apart from its waiting for a processor. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../../src/errors.ts';

/** Nanoseconds that the main thread of a process has run, and has waited for a processor; undefined once it is gone. */
function scheduled(pid: number): number | undefined {
  try {
    const [ran = NaN, waited = NaN] = readFileSync(`/proc/${String(pid)}/schedstat`, 'latin1')
      .split(' ')
      .map(Number);
    return ran + waited;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ESRCH') return undefined;
    throw error;
  }
}

/**
 * Waits until a process has ended. Milliseconds from now on in which its main thread neither ran nor waited for a processor, but
 * for timers, servers and disks: a busy machine makes them no more. 0 where there is no /proc, and for one that is gone.
 */
export async function sleptUntilGone(pid: number): Promise<number> {
  const from = performance.now();
  const before = scheduled(pid);
  let slept = 0;
  for (;;) {
    const at = performance.now();
    const now = scheduled(pid);
    if (before === undefined || now === undefined) return slept;
    slept = Math.max(slept, at - from - (now - before) / 1e6);
    await sleep(2);
  }
}
