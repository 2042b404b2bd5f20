/**
 * Which signals this process was told to ignore when it was started (`nohup`, `trap ''`). Node sets them all back before any
 * line of ours runs, so it is also told from what stands around: nohup's own traces, and the script that started us.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import type { Env } from '../environment.ts';
import { posixSignals, underNohup } from './posix.ts';
import type { Signals } from './system.ts';

const ASKED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const;

/** bash ignores this one for itself, always. */
const SHELLS_OWN = 'SIGQUIT';

/** A shell with job control ignores these for itself, and others with them, and starts its commands with all set back. */
const JOB_CONTROL = ['SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const;

/**
 * A script's commands ignore what it ignores. Other programs (time, perl, system(3)) ignore Ctrl-C only while they wait, and
 * not for what they wait for.
 */
const SHELLS = new Set(['sh', 'ash', 'bash', 'busybox', 'dash', 'ksh', 'ksh93', 'mksh', 'yash', 'zsh']);

/** Where there is no /proc, only what a shell says of nohup in the environment is seen. */
function ignoredAtStart(env: Env): ReadonlySet<NodeJS.Signals> {
  const ignored = new Set([...ASKED.filter(ignores(readStatus('self'))), ...ignoredByScript()]);
  if (underNohup(env) || hasNohupInput()) ignored.add('SIGHUP');
  return ignored;
}

/** nohup puts a /dev/null that cannot be read in the place of a terminal. */
function hasNohupInput(): boolean {
  try {
    return (
      readlinkSync('/proc/self/fd/0') === '/dev/null' && /^flags:\s*[0-7]*1$/m.test(readFileSync('/proc/self/fdinfo/0', 'latin1'))
    );
  } catch {
    return false;
  }
}

function ignoredByScript(): NodeJS.Signals[] {
  const parent = readStatus(process.ppid);
  const has = ignores(parent);
  if (!SHELLS.has(parent.name) || JOB_CONTROL.some(has)) return [];
  const ignored = ASKED.filter((signal) => signal !== SHELLS_OWN && has(signal));
  // With a group of its own a command is somebody's who types, whose shell ignores other things than its commands do.
  return ignored.length > 0 && groups(process.ppid)?.own === groups('self')?.own ? ignored : [];
}

interface Status {
  readonly name: string;
  readonly ignored: bigint;
}

function ignores({ ignored }: Status): (signal: NodeJS.Signals) => boolean {
  return (signal) => (ignored & (1n << BigInt(constants.signals[signal] - 1))) !== 0n;
}

function readStatus(pid: number | 'self'): Status {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const ignored = /^SigIgn:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0';
    return { name: /^Name:\s*(.*)$/m.exec(status)?.[1] ?? '', ignored: BigInt(`0x${ignored}`) };
  } catch {
    return { name: '', ignored: 0n };
  }
}

/** The process group of a process, and the one in the foreground of its terminal (-1: it has none). Undefined without /proc. */
function groups(pid: number | 'self'): { readonly own: number; readonly foreground: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // After the name, which may hold blanks and brackets: state, parent, group, session, terminal, foreground group.
    const [, , own, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { own: Number(own), foreground: Number(foreground) };
  } catch {
    return undefined;
  }
}

export const linuxSignals: Signals = {
  ...posixSignals,
  ignoredAtStart,
  reachedByTerminal: (pid) => {
    const known = groups(pid);
    return known && known.own === known.foreground;
  },
};
