/** What /proc tells of a process. */
import { readFileSync, readdirSync } from 'node:fs';

/** Milliseconds in a clock tick of /proc; Linux has reported 100 a second for as long as there is /proc. */
const TICK = 10;

export interface Memory {
  /** Kilobytes resident, shared pages and all. */
  readonly rss: number;
  /** Kilobytes resident, each shared page divided among those who share it. */
  readonly pss: number;
}

function kilobytes(path: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(path, 'utf8'))?.[1]);
}

export function memoryOf(pid: number): Memory {
  return { rss: kilobytes(`/proc/${pid}/status`, 'VmRSS'), pss: kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss') };
}

/** The numbers of /proc/<pid>/stat, the first of them the third field: what stands before may hold any letters. */
function statOf(pid: number | 'self'): number[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}

/** Milliseconds of processor time of this process's children that have ended, in steps of ten. */
export function childrenTime(): number {
  const stat = statOf('self');
  return ((stat[13] ?? NaN) + (stat[14] ?? NaN)) * TICK;
}

/** Milliseconds of processor time. By the scheduler's own account, in nanoseconds, where the kernel keeps one. */
export function processorTime(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const nanoseconds = threads.map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
  } catch {
    const stat = statOf(pid);
    return ((stat[11] ?? NaN) + (stat[12] ?? NaN)) * TICK;
  }
}
