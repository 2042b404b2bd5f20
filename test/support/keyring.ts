/** The real gnome-keyring on a session bus of its own, and a bus that never answers. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { until } from './measure.ts';

/** Milliseconds that a daemon may take to end. */
const PATIENCE = 5_000;

const PROGRAMS = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon', 'secret-tool', 'age'];

/** The programs that these tests need and that are not there. */
export function missingPrograms(): string[] {
  if (process.platform !== 'linux') return ['Linux'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return PROGRAMS.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
}

export interface PrivateKeyring {
  /** How a command finds this keyring. */
  readonly env: { readonly DBUS_SESSION_BUS_ADDRESS: string };
  /** The other way: the bus lies in this folder as `bus`. */
  readonly runtimeFolder: string;
  /** What `secret-tool` finds for a user of the service `beamd`. */
  lookup(user: string): string | undefined;
  /** Deletes that. */
  forget(user: string): void;
  lock(): Promise<void>;
  unlock(): Promise<void>;
  /** Stops the daemon, as a debugger or a freezer does: it is there, and does not answer. Or lets it go on. */
  freeze(frozen: boolean): void;
  close(): Promise<void>;
}

/** Unlocked with a generated password. */
export async function startKeyring(): Promise<PrivateKeyring> {
  const root = mkdtempSync(join(tmpdir(), 'k-'));
  const runtimeFolder = join(root, 'r');
  mkdirSync(runtimeFolder, { mode: 0o700 });
  const address = `unix:path=${join(runtimeFolder, 'bus')}`;
  const password = randomBytes(16).toString('hex');
  const env = {
    PATH: process.env['PATH'],
    HOME: root,
    XDG_RUNTIME_DIR: runtimeFolder,
    DBUS_SESSION_BUS_ADDRESS: address,
  };
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--nopidfile', '--nosyslog', `--address=${address}`], {
    env,
    stdio: 'ignore',
  });
  // Its socket is there a moment before it listens.
  const getId = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/', 'org.freedesktop.DBus.GetId'];
  await until(() => spawnSync('dbus-send', getId, { env, stdio: 'ignore' }).status === 0);

  const call = (to: string, path: string, method: string, ...args: string[]): string =>
    execFileSync('dbus-send', ['--session', '--print-reply=literal', `--dest=${to}`, path, method, ...args], {
      env,
      encoding: 'utf8',
    });
  const served = (): boolean =>
    call('org.freedesktop.DBus', '/', 'org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets').includes('true');
  let daemon: ChildProcess | undefined;
  const start = async (...args: string[]): Promise<void> => {
    if (daemon !== undefined) await end(daemon);
    daemon = spawn('gnome-keyring-daemon', ['--foreground', '--components=secrets', ...args], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    daemon.stdin?.end(args.length > 0 ? password : '');
    await until(served);
  };
  const keyring: PrivateKeyring = {
    env: { DBUS_SESSION_BUS_ADDRESS: address },
    runtimeFolder,
    lookup: (user) => {
      const { status, stdout } = spawnSync('secret-tool', ['lookup', 'service', 'beamd', 'username', user], {
        env,
        encoding: 'utf8',
      });
      return status === 0 ? stdout : undefined;
    },
    forget: (user) => void execFileSync('secret-tool', ['clear', 'service', 'beamd', 'username', user], { env }),
    lock: () => start(),
    unlock: () => start('--unlock'),
    freeze: (frozen) => void daemon?.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
    close: async () => {
      if (daemon !== undefined) await end(daemon);
      await end(bus);
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await keyring.unlock();
  return keyring;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  await ended;
  clearTimeout(timer);
}

export interface BlackHole {
  readonly env: { readonly DBUS_SESSION_BUS_ADDRESS: string };
  /** How many connections it has taken. */
  taken(): number;
  close(): Promise<void>;
}

/** A bus that takes every connection and never says a word. */
export async function startBlackHole(): Promise<BlackHole> {
  const folder = mkdtempSync(join(tmpdir(), 'k-'));
  const path = join(folder, 'bus');
  const sockets = new Set<Socket>();
  let taken = 0;
  const server = createServer((socket) => {
    taken += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` },
    taken: () => taken,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
