/** The socket of an agent by its path, as a `--config` file names it: whoever wrote the file chose it. */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BeamError } from '../../errors.ts';
import { system, type Sockets } from '../../platform/system.ts';
import { changeableAbove } from '../../store/files/permissions.ts';
import { printable } from '../../text.ts';
import type { SocketPath } from '../protocol/socket-path.ts';

/** How the pipes of this machine begin on Windows; any other path with two backslashes leads to another machine. */
const LOCAL_PIPE = /^\\\\[.?]\\pipe\\[^\\]+$/i;

/**
 * The place of a socket. The folder it is in and the socket itself are looked at as those of our own agents when it is connected
 * to; that nobody can put others in their place is seen to here. Throws `unsafe_path`.
 */
export function namedSocket(socket: string, sockets: Pick<Sockets, 'pipe'> = system.sockets): SocketPath {
  const folder = dirname(socket);
  const path = { folder, base: join(folder, 'agent'), socket, named: true } as const;
  if (sockets.pipe !== undefined) {
    if (!LOCAL_PIPE.test(socket)) throw unsafe(socket, 'is no named pipe of this machine');
    return { ...path, pipe: true };
  }
  checkParents(folder);
  return path;
}

/** What an agent's socket is not: said with the text of a file, so no command is made of it. */
export function unsafe(path: string, problem: string): BeamError {
  return new BeamError('unsafe_path', `${printable(path, 1_000)} ${problem}, so the agent there cannot be trusted`, {
    hint: { text: "An agent's socket is in a folder of yours that is closed to others (0700)" },
  });
}

/** Every folder above must be ours or root's, and one that others may write to must keep what is in it, as /tmp does. */
function checkParents(folder: string): void {
  const real = realOf(folder);
  const above = real === undefined ? undefined : changeableAbove(real);
  if (above !== undefined) throw unsafe(above, 'can be changed by others');
}

/** Undefined: there is none, or none that can be reached, and so nobody to be asked. */
function realOf(folder: string): string | undefined {
  try {
    return realpathSync(folder);
  } catch {
    return undefined;
  }
}
