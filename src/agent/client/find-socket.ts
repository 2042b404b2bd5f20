/** Finding an agent: is its socket there, is it ours alone, and does somebody listen behind it. */
import { lstatSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { BeamError, systemCode, type Hint } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import type { SocketPath } from '../protocol/socket-path.ts';
import { unsafe } from './named-socket.ts';
import { connectLocal, type LocalSocket } from '../../platform/local-socket.ts';

/** Why no agent answered. `absent`: none listens. `busy`: one is there but does not answer in time. */
export type ConnectFailure = 'absent' | 'busy';

/** What others may do with a folder: with the sockets' own nothing, with the one around it nothing that changes it. */
const ANY = 0o077;
const WRITE = 0o022;
const STICKY = 0o1000;

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
function checkSocket(path: SocketPath): boolean {
  if (path.named !== true) return isThere(path);
  try {
    return isThere(path);
  } catch (error) {
    if (error instanceof BeamError) throw unsafe(path.socket, 'is not private to you');
    // A path of a file may lead through what is no folder, or what cannot be entered.
    if (systemCode(error) !== undefined) return false;
    throw error;
  }
}

/** Whether a folder is root's, and keeps the files of its users apart: what is ours in it was put there by us. */
function keepsApart(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === 0 && (stat.mode & STICKY) !== 0;
}

function isThere({ above, folder, socket, pipe, shared }: SocketPath): boolean {
  const uid = system.files.ownUid();
  // A pipe has nothing of this: it is looked for by connecting to it.
  if (uid === undefined || pipe === true) return true;
  if (above !== undefined && !checkFolder(above, WRITE, uid)) return false;
  if (!(shared === true && keepsApart(folder)) && !checkFolder(folder, ANY, uid)) return false;
  const stat = lstatSync(socket, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (!stat.isSocket() || stat.uid !== uid) throw refused(socket, { command: `rm '${socket}'` });
  return true;
}

/** How often a socket with a full backlog is tried again, milliseconds. */
const RETRY_EVERY = 10;

/** Connects within `deadline` milliseconds. Throws `unsafe_path`, `agent_unavailable`. */
export async function openSocket(path: SocketPath, deadline: number, clock: Clock): Promise<LocalSocket | ConnectFailure> {
  if (!checkSocket(path)) return 'absent';
  const until = clock.elapsed() + deadline;
  for (;;) {
    const socket = await connectLocal(path.socket, Math.max(0, until - clock.elapsed()));
    if (socket === 'nobody') return 'absent';
    if (socket === 'silent') return 'busy';
    if (socket === 'unusable') throw new BeamError('agent_unavailable', `The agent's socket ${path.socket} cannot be used`);
    if (socket !== 'full') return socket;
    // Somebody is there and has not come to us yet: never a dead agent.
    if (clock.elapsed() + RETRY_EVERY > until) return 'busy';
    await clock.sleep(RETRY_EVERY);
  }
}
