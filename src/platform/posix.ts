/** What Linux and macOS have in common. */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import type { Env } from '../environment.ts';
import type { Files, Programs, Signals, Sockets } from './system.ts';

const SHELL = '/bin/sh';
const GROUPS = '/etc/group';

/** Whether a shell says that it started us with nohup: it names in `_` what it started last. */
export function underNohup(env: Env): boolean {
  return basename(env['_'] ?? '') === 'nohup';
}

export const posixSignals: Omit<Signals, 'ignoredAtStart' | 'reachedByTerminal'> = {
  ending: ['SIGINT', 'SIGTERM', 'SIGHUP'],
  held: ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGTERM', 'SIGWINCH'],
  fromTerminal: new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']),
  interruptSelf: () => void process.kill(process.pid, 'SIGINT'),
  // Whoever waits for us (a script, make) must stop as well, or the shell would never hear of it.
  stopJob: () => void process.kill(0, 'SIGTSTP'),
  // Node sets every signal back in what it starts, so a shell in between ignores these again.
  ignoring: (signals, command) => {
    if (!existsSync(SHELL)) return undefined;
    const names = Array.from(signals, (signal) => signal.slice('SIG'.length));
    return [SHELL, '-c', `trap '' ${names.join(' ')}; exec "$@"`, 'sh', ...command];
  },
};

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

export const posixPrograms: Programs = {
  background: { detached: true, cwd: '/', windowsHide: true },
  takesPaths: false,
  plainPath: { PATH: '/usr/local/bin:/usr/bin:/bin' },
  data: ['/usr/local/share', '/usr/share', '/opt/homebrew/share'],
  // As execvp looks.
  places: (program, env) =>
    program.includes('/') ? [program] : (env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program)),
  isRunnable,
  whyNotRunnable: (path) => ({
    why: statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? 'it is a folder' : 'permission denied',
    command: `ls -ld ${path}`,
  }),
};

/** By the first of the three that says something, as for every C program; the Linux console has few characters. */
export function isUtf8(env: Env): boolean {
  const locale = ['LC_ALL', 'LC_CTYPE', 'LANG'].map((name) => env[name]).find(Boolean) ?? '';
  return /utf-?8/i.test(locale) && env['TERM'] !== 'linux' && env['TERM'] !== 'dumb';
}

/** `/dev/fd` is where both have the descriptors of a process. */
export function descriptorAt(path: string, folder = /^\/dev\/fd\/(\d{1,9})$/): number | undefined {
  const number = path === '/dev/stdin' ? '0' : folder.exec(path)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Names that only a directory service knows are none here: their number is. */
function groupNumber(name: string): number | undefined {
  if (/^\d{1,9}$/.test(name)) return Number(name);
  const lines = existsSync(GROUPS) ? readFileSync(GROUPS, 'utf8').split('\n') : [];
  const [, , number] = lines.map((line) => line.split(':')).find(([called]) => called === name) ?? [];
  return number === undefined ? undefined : Number(number);
}

export const posixFiles: Files = {
  ownUid: () => process.getuid?.(),
  groupNumber,
  mayGiveTo: (group) =>
    process.getuid?.() === 0 || process.getegid?.() === group || process.getgroups?.().includes(group) === true,
  umask: (mask) => process.umask(mask),
  withoutWaiting: constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
  descriptorAt: (path) => descriptorAt(path),
};

export const posixSockets: Sockets = {
  shortPath: () => undefined,
  whoListens: (socket) => `fuser '${socket}' shows it`,
};
