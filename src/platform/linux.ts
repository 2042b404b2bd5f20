/** Linux. Most of what it says of a process is in /proc, which may be absent, or another's. */
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linuxDescriptors } from './linux-descriptors.ts';
import { linuxSignals } from './linux-signals.ts';
import { descriptorAt, isUtf8, posixFiles, posixPrograms, posixSockets } from './posix.ts';
import type { Desktop, System } from './system.ts';

/** Undefined where there is no /proc, or no such file in it. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return read('/proc/self/stat') === undefined ? '' : undefined;
  // The command, in parentheses, may hold anything: fields are counted from its end. The first is the state.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? '');
}

/** `ulimit -n`: Node and Bun have raised theirs as far as it may be. */
const openFiles = (): number | undefined => Number(limit('Max open files')) || undefined;

function limit(name: string): string | undefined {
  return new RegExp(`^${name} +(\\S+)`, 'm').exec(read('/proc/self/limits') ?? '')?.[1];
}

const desktop: Desktop = {
  browser: (url, env) => {
    // Without a display xdg-open falls back to browsers that would take over the terminal.
    const display = ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME'].some((name) => (env[name] ?? '') !== '');
    return display ? { file: 'xdg-open', args: [url] } : undefined;
  },
  clipboards: (env) => [
    ...(env['WAYLAND_DISPLAY'] ? [{ file: 'wl-copy', args: [] }] : []),
    ...(env['DISPLAY']
      ? [
          { file: 'xclip', args: ['-selection', 'clipboard'] },
          { file: 'xsel', args: ['--clipboard', '--input'] },
        ]
      : []),
    ...(env['WSL_DISTRO_NAME'] ? [{ file: 'clip.exe', args: [] }] : []),
  ],
  showsUnicode: isUtf8,
  // It is found over the session bus: without one there is nothing to ask.
  mayHaveKeyring: (env) => {
    const folder = env['XDG_RUNTIME_DIR'] ?? '';
    return Boolean(env['DBUS_SESSION_BUS_ADDRESS']) || (folder !== '' && existsSync(join(folder, 'bus')));
  },
};

let namespace: string | undefined;

export const linux: System = {
  platform: 'linux',
  processes: {
    startOf,
    bootId: () => read('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
    pidNamespace: () => (namespace ??= /\d+/u.exec(readLink('/proc/self/ns/pid') ?? '')?.[0] ?? '0'),
  },
  limits: {
    openFiles,
    largestFile: () => limit('Max file size') ?? '',
    networkNamespace: () => readLink('/proc/self/ns/net') ?? '',
    leaveCoreDumpsEmpty: () => {
      try {
        writeFileSync('/proc/self/coredump_filter', '0');
      } catch {
        // No /proc, or none that may be written.
      }
    },
  },
  descriptors: {
    ...linuxDescriptors,
    // One that was opened before the limit was set cannot be given on by its number.
    stdioWith: (descriptors) => linuxDescriptors.stdioWith(descriptors.filter(({ fd }) => fd < (openFiles() ?? Infinity))),
  },
  signals: linuxSignals,
  programs: posixPrograms,
  files: { ...posixFiles, descriptorAt: (path) => descriptorAt(path, /^\/(?:dev|proc\/self)\/fd\/(\d{1,9})$/) },
  desktop,
  sockets: {
    ...posixSockets,
    shortPath: (descriptor) => {
      const path = `/proc/self/fd/${descriptor}`;
      return existsSync(path) ? path : undefined;
    },
  },
};
