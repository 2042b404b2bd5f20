/** Where the files of an agent are. */
import { existsSync, lstatSync, rmdirSync, type Stats } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { BeamError } from '../../errors.ts';
import { system, type Sockets } from '../../platform/system.ts';
import { linkNewFile, readSmallFile, writeFileAtomic } from '../../store/files/atomic-file.ts';
import { ensurePrivateFolder } from '../../store/files/permissions.ts';
import { agentPlace, agentsFolder, type Homes } from '../../store/paths.ts';
import { hexDigest } from '../../text.ts';

/**
 * Longest socket path that every supported system takes whole. Node 20 and 22 cut a longer one silently, and then two
 * accounts can meet at one socket; macOS allows 104 bytes with the closing zero.
 */
const MAX_SOCKET_PATH = 103;

/** Longest suffix of a socket's name: `.beamd`, then `.g` and a generation, or `.t` and eight digits. */
const SUFFIX_ROOM = 18;

export interface SocketPath {
  /** The folder around it, where that is ours alone too: who can write to it could put another `folder` there. */
  readonly above?: string;
  /** Folder of the socket: 0700 and ours, checked before anything is sent. */
  readonly folder: string;
  /** Path without `.sock`. */
  readonly base: string;
  /** Where clients connect. */
  readonly socket: string;
  /** It is a named pipe, and no file: it has no folder, no owner and no mode that could be looked at. */
  readonly pipe?: true;
  /** A file of the user named it: nothing is known of who listens there. */
  readonly named?: true;
  /** It may stand in a folder for all, such as /tmp, that lets nobody take away or replace what is another's. */
  readonly shared?: true;
}

function fits(folder: string, name: string): boolean {
  return Buffer.byteLength(join(folder, name)) + SUFFIX_ROOM <= MAX_SOCKET_PATH;
}

function socketPath(folder: string, name: string): SocketPath {
  const own = join(folder, name);
  const base = isForeign(own) ? `${own}.beamd` : own;
  return { folder, base, socket: `${base}.sock` };
}

/** Whether another program is where our socket would be: the Go `beamd` keeps its tunnel agent there, and a lock beside it. */
function isForeign(base: string): boolean {
  return isForeignSocket(`${base}.sock`) || existsSync(`${base}.sock.lock`);
}

/** Whether a socket is that of another program of this user. One of ours has two names, the second being its generation. */
export function isForeignSocket(path: string): boolean {
  const stats = statOf(path);
  return stats?.isSocket() === true && stats.nlink === 1 && !isOthers(path);
}

/**
 * Where the agent of an account listens: `~/.beamd/agents/<key>.sock`, or a hashed name in a short folder of this user where
 * that path would be too long for a socket: the one that the first agent chose and wrote down, whatever environment that
 * had. `agent status` shows which. Where sockets are no files it is a pipe, and only the other files are in the folder.
 */
export async function agentSocket(homes: Homes, key: string, sockets = system.sockets): Promise<SocketPath> {
  return (await foundSocket(homes, key, sockets)) ?? usualSocket(homes, key, sockets);
}

function usualSocket(homes: Homes, key: string, { pipe }: Sockets): SocketPath {
  const folder = agentsFolder(homes);
  if (pipe === undefined) return { above: homes.beamd, ...socketPath(folder, key) };
  return { above: homes.beamd, folder, base: join(folder, key), socket: pipe(homes.beamd, key), pipe: true };
}

/** Undefined: there is no folder for it yet. */
async function foundSocket(homes: Homes, key: string, sockets: Sockets): Promise<SocketPath | undefined> {
  if (sockets.pipe !== undefined || fits(agentsFolder(homes), key)) return usualSocket(homes, key, sockets);
  const name = shortName(homes, key);
  const chosen = readPlace(homes, key);
  if (chosen !== undefined && isUsable(chosen, name)) return socketPath(chosen, name);
  const folder = (await shortFolders(homes)).find((one) => fits(one, name) && !isOthers(one));
  return folder === undefined ? undefined : socketPath(folder, name);
}

/**
 * The same, for whoever is about to start an agent or is one: the folder is made and, where it is not the usual one, written
 * down for all others. Throws `unsafe_path`, `storage`.
 */
export async function settleSocket(homes: Homes, key: string, sockets = system.sockets): Promise<SocketPath> {
  const found = await foundSocket(homes, key, sockets);
  const path = found ?? socketPath(await newFolder(), shortName(homes, key));
  if (path.above !== undefined) return path;
  ensurePrivateFolder(path.folder);
  if (writePlace(homes, key, path)) return path;
  if (found === undefined) rmdirSync(path.folder);
  return agentSocket(homes, key, sockets);
}

/** False: another process has chosen meanwhile. Where it cannot be written down, the order of the folders has to do. */
function writePlace(homes: Homes, key: string, { folder, base }: SocketPath): boolean {
  const file = agentPlace(homes, key);
  const chosen = readPlace(homes, key);
  if (chosen === folder) return true;
  if (chosen !== undefined && isUsable(chosen, basename(base))) return false;
  try {
    ensurePrivateFolder(agentsFolder(homes));
    if (chosen === undefined) return linkNewFile(file, `${folder}\n`);
    writeFileAtomic(file, `${folder}\n`);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
  }
  return true;
}

/** Whether a folder that was chosen is still there, ours, and short enough. */
function isUsable(folder: string, name: string): boolean {
  return isAbsolute(folder) && fits(folder, name) && existsSync(folder) && !isOthers(folder);
}

function readPlace(homes: Homes, key: string): string | undefined {
  try {
    return readSmallFile(agentPlace(homes, key))?.trim();
  } catch {
    return undefined;
  }
}

function shortName(homes: Homes, key: string): string {
  return hexDigest(`${homes.beamd}\0${key}`, 16);
}

/** Those that may be used, the best one first. */
async function shortFolders({ runtime }: Homes): Promise<string[]> {
  const temporary = await temporaryFolder();
  return runtime !== undefined && existsSync(runtime) && !isOthers(runtime) ? [join(runtime, 'beamd'), temporary] : [temporary];
}

async function temporaryFolder(): Promise<string> {
  const { tmpdir } = await import('node:os');
  return join(tmpdir(), `beamd-${String(system.files.ownUid() ?? 0)}`);
}

/** One that nobody can have taken before. */
async function newFolder(): Promise<string> {
  const { mkdtemp } = await import('node:fs/promises');
  return mkdtemp(`${await temporaryFolder()}-`);
}

/** Whether something that belongs to another user is there: anybody can put it into a folder for all, and nobody else remove it. */
function isOthers(path: string): boolean {
  const uid = system.files.ownUid();
  const stats = statOf(path);
  return uid !== undefined && stats !== undefined && stats.uid !== uid;
}

/** What cannot be looked at is as good as not there: whoever uses it meets what is wrong with it. */
function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Where an agent says which process it is. */
export const agentRecord = ({ base }: SocketPath): string => `${base}.pid`;

/** Which command is about to start an agent. */
export const startClaim = ({ base }: SocketPath): string => `${base}.start`;
