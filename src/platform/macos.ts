/** macOS, and any other Unix without a /proc that tells what Linux's does. Not run yet: only its tests are. */
import { systemCode } from '../errors.ts';
import { noDescriptors, noLimits } from './nothing.ts';
import { isUtf8, posixFiles, posixPrograms, posixSignals, posixSockets, underNohup } from './posix.ts';
import type { System } from './system.ts';

/** What a program of the system says; undefined if it is not there, or fails. */
function run(file: string, ...args: readonly string[]): string | undefined {
  try {
    // Loaded here: it takes Node a while.
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    return execFileSync(file, args, { timeout: 2_000, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString('utf8')
      .trim();
  } catch {
    return undefined;
  }
}

function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return undefined;
  }
  return run('/bin/ps', '-o', 'lstart=', '-p', String(pid)) ?? '';
}

export const macos: System = {
  platform: 'darwin',
  processes: {
    startOf,
    bootId: () => run('/usr/sbin/sysctl', '-n', 'kern.bootsessionuuid') ?? '',
    pidNamespace: () => '0',
  },
  limits: noLimits,
  // libuv lets no other through to a child here (POSIX_SPAWN_CLOEXEC_DEFAULT).
  descriptors: noDescriptors,
  signals: {
    ...posixSignals,
    ignoredAtStart: (env) => new Set(underNohup(env) ? ['SIGHUP'] : []),
    reachedByTerminal: () => undefined,
  },
  programs: posixPrograms,
  files: posixFiles,
  desktop: {
    browser: (url) => ({ file: 'open', args: [url] }),
    clipboards: () => [{ file: 'pbcopy', args: [] }],
    mayHaveKeyring: () => true,
    showsUnicode: isUtf8,
  },
  sockets: posixSockets,
};
