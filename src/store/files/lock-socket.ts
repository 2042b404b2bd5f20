/**
 * How a holder of a lock shows that it lives to processes that cannot see its pid, in another container on the same machine:
 * it listens on a socket beside the lock. The system closes that with the process, whatever becomes of it.
 */
import { chmodSync, closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { connectLocal } from '../../platform/local-socket.ts';
import { system } from '../../platform/system.ts';
import { unlinkQuietly } from './atomic-file.ts';
import { targetOfTemporary, temporaryName } from './temporary.ts';

/** Longer paths are cut off by Node without a word. */
const LONGEST_PATH = 103;

/** Long enough for any machine; a stopped process, too, takes connections. */
const KNOCK_DEADLINE = 1_000;

/** As many may knock while the holder is stopped; the usual 511 are fewer than a crowd that waits. */
const BACKLOG = 4_096;

const NAME = 'socket';

export interface Listening {
  /** Of the socket, in the folder of the lock. */
  readonly name: string;
  close(): void;
}

/** Has `use` reach a name in a folder by a path short enough for a socket. `use` must reach it before it returns. */
function withShortPath<T>(folder: string, name: string, use: (path: string) => T): T {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= LONGEST_PATH) return use(path);
  const descriptor = openSync(folder, constants.O_RDONLY);
  try {
    const short = system.sockets.shortPath(descriptor);
    return short === undefined ? withinFolder(folder, () => use(`./${name}`)) : use(join(short, name));
  } finally {
    closeSync(descriptor);
  }
}

function withinFolder<T>(folder: string, use: () => T): T {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return use();
  } finally {
    process.chdir(before);
  }
}

/** Listens in a folder. Undefined where no socket can be: then the lock is kept by its heartbeat alone. */
export function listenBeside(folder: string, sockets = system.sockets): Listening | undefined {
  // A pipe is in no folder, and its name would say nothing to another machine that has the same folder.
  if (sockets.pipe !== undefined) return undefined;
  const { createServer } = process.getBuiltinModule('node:net');
  const path = temporaryName(join(folder, NAME));
  const name = path.slice(folder.length + 1);
  const server = createServer((socket) => socket.destroy());
  server.on('error', () => undefined);
  try {
    withShortPath(folder, name, (path) => server.listen({ path, backlog: BACKLOG }));
    // Nobody else gets into the folder, so this may come late. A umask would be that of all threads of a program that uses the SDK.
    if (server.listening) chmodSync(path, 0o600);
  } catch {
    server.close();
    unlinkQuietly(path);
    return undefined;
  }
  // It is bound, or is not, when `listen` returns.
  if (!server.listening) return undefined;
  server.unref();
  return {
    name,
    close: () => {
      server.close();
      unlinkQuietly(path);
    },
  };
}

/** Whether somebody listens there. `unknown`: this system cannot say. Only for a socket of a process on this machine. */
export async function knock(folder: string, name: string): Promise<'alive' | 'dead' | 'unknown'> {
  if (targetOfTemporary(name) !== NAME) return 'unknown';
  try {
    const answer = await withShortPath(folder, name, (path) => connectLocal(path, KNOCK_DEADLINE));
    if (typeof answer !== 'string') answer.end();
    else if (answer === 'nobody') return 'dead';
    else if (answer === 'unusable') return 'unknown';
    // Its backlog is full, or it is stopped: it is there.
    return 'alive';
  } catch {
    return 'unknown';
  }
}

/** Removes the socket of a holder that is no more. */
export function removeSocket(folder: string, name: string): void {
  if (targetOfTemporary(name) === NAME) unlinkQuietly(join(folder, name));
}
