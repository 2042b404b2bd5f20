import { lstatSync } from 'node:fs';
import { BeamError, type Hint } from '../../errors.ts';
import type { SocketPath } from '../protocol/socket-path.ts';

/** What others may do with a folder: with the sockets' own nothing, with the one around it nothing that changes it. */
const ANY = 0o077;
const WRITE = 0o022;

function refused(path: string, hint: Hint): BeamError {
  return new BeamError('unsafe_path', `${path} is not private to you, so the agent there cannot be trusted`, { hint });
}

/** Whether a folder of ours is there, closed to others as far as `closed` says. */
function checkFolder(folder: string, closed: number, uid: number): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (!stat.isDirectory() || (stat.mode & closed) !== 0 || stat.uid !== uid) {
    throw refused(folder, { text: `chmod 700 '${folder}' if it is yours` });
  }
  return true;
}

/**
 * Refuses a socket that somebody else could have put there: the folders and the socket must be ours, the folders real
 * ones that others cannot write to, and into that of the sockets they cannot even look. Checked before the first byte is
 * sent. False: there is no socket. Throws `unsafe_path`.
 */
export function checkSocket({ above, folder, socket }: SocketPath): boolean {
  const uid = process.getuid?.();
  if (uid === undefined) return true;
  if (above !== undefined && !checkFolder(above, WRITE, uid)) return false;
  if (!checkFolder(folder, ANY, uid)) return false;
  const stat = lstatSync(socket, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (!stat.isSocket() || stat.uid !== uid) throw refused(socket, { command: `rm '${socket}'` });
  return true;
}
