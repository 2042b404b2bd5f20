/** Who owns a file or folder and who may read it. */
import { chmodSync, existsSync, lstatSync, mkdirSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { BeamError, systemCode } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { fileError } from './file-errors.ts';
import { shellWord } from '../../text.ts';

function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fileError(error, 'read', path);
  }
}

/** Refuses what another user could have put there. Throws `unsafe_path`. */
function checkOwner(stats: Stats, path: string): void {
  const uid = system.files.ownUid();
  if (uid !== undefined && stats.uid !== uid) {
    throw new BeamError('unsafe_path', `${path} belongs to another user (uid ${String(stats.uid)})`, {
      hint: { command: `ls -ld ${shellWord(path)}` },
    });
  }
}

/**
 * Whether a folder of ours is there. Throws `unsafe_path` if it is a symbolic link, something else than a folder, or
 * belongs to another user.
 */
export function checkPrivateFolder(path: string): 'present' | 'absent' {
  return privateFolderStats(path) === undefined ? 'absent' : 'present';
}

function privateFolderStats(path: string): Stats | undefined {
  const stats = lstat(path);
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) {
    throw new BeamError('unsafe_path', `${path} is a symbolic link`, { hint: { text: `Replace ${path} by a real folder` } });
  }
  if (!stats.isDirectory()) {
    throw new BeamError('unsafe_path', `${path} is not a folder`, { hint: { text: `Move ${path} away` } });
  }
  checkOwner(stats, path);
  return stats;
}

export interface FolderReport {
  /** The mode that was too open, before it was set to 0700. */
  readonly repairedFrom?: number;
}

/** Not mkdir's `recursive`: Node 20 never returns from it where the parent is there and says ENOENT (/proc, an automount). */
function makeFolders(path: string): void {
  const parent = dirname(path);
  if (!existsSync(parent)) makeFolders(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
    // A umask may have taken rights from us too, and then nobody could use it.
    chmodSync(path, 0o700);
  } catch (error) {
    // Another process made it meanwhile.
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

/**
 * Makes sure that a folder is there, is ours, is not a link and has mode 0700; a looser mode is repaired and reported.
 * Throws `unsafe_path`, `storage`, `storage_full`.
 */
export function ensurePrivateFolder(path: string): FolderReport {
  let stats = privateFolderStats(path);
  try {
    if (stats === undefined) makeFolders(path);
    stats ??= privateFolderStats(path);
    const mode = (stats?.mode ?? 0o700) & 0o777;
    if (system.files.ownUid() === undefined || (mode & 0o077) === 0) return {};
    chmodSync(path, 0o700);
    return { repairedFrom: mode };
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

/**
 * Refuses a key file that others may read or that belongs to someone else. An absent file is fine.
 * Throws `unsafe_path`.
 */
export function requirePrivateFile(path: string): void {
  const stats = lstat(path);
  if (stats === undefined) return;
  if (stats.isSymbolicLink()) throw fileError(Object.assign(new Error('link'), { code: 'ELOOP' }), 'read', path);
  checkOwner(stats, path);
  if (system.files.ownUid() === undefined || (stats.mode & 0o077) === 0) return;
  throw new BeamError('unsafe_path', `${path} can be read by other users (mode ${(stats.mode & 0o777).toString(8)})`, {
    hint: { command: `chmod 600 ${shellWord(path)}` },
  });
}

/** The mode of a file that others may read; undefined for any other, and where modes say nothing. */
export function modeForOthers(path: string): number | undefined {
  // What the caller has open is not found by others under this name.
  if (system.files.ownUid() === undefined || system.files.descriptorAt(path) !== undefined) return undefined;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) return undefined;
  return (stats.mode & 0o044) === 0 ? undefined : stats.mode & 0o777;
}

/**
 * Sets an own file that others may read back to 0600 and returns the mode it had; undefined if all was well.
 * Throws `unsafe_path` if the file belongs to another user.
 */
export function repairFileMode(path: string): number | undefined {
  const stats = lstat(path);
  if (stats?.isFile() !== true) return undefined;
  checkOwner(stats, path);
  const mode = stats.mode & 0o777;
  if (system.files.ownUid() === undefined || (mode & 0o077) === 0) return undefined;
  try {
    chmodSync(path, 0o600);
  } catch {
    // A read-only file system: the caller's warning is all that can be done.
  }
  return mode;
}

/**
 * The nearest folder above `path` (which has no links in it) that others than we and root could put something else into; one that all may
 * write to and that keeps what is in it, as /tmp does, is none. Undefined: none, or the system has no owners.
 */
export function changeableAbove(path: string): string | undefined {
  if (system.files.ownUid() === undefined) return undefined;
  for (let at = dirname(path); ; at = dirname(at)) {
    const stats = lstatSync(at, { throwIfNoEntry: false });
    if (stats !== undefined && (isForeign(stats) || (isOpenToOthers(stats) && !isSticky(stats)))) return at;
    if (at === dirname(at)) return undefined;
  }
}

/** Neither this user's nor root's. False where the system has no owners. */
export function isForeign({ uid }: Pick<Stats, 'uid'>): boolean {
  const own = system.files.ownUid();
  return own !== undefined && uid !== own && uid !== 0;
}

/** The group or others may write to it. */
export const isOpenToOthers = ({ mode }: Pick<Stats, 'mode'>): boolean => (mode & 0o022) !== 0;

/** What is in such a folder is its owner's alone to remove: `/tmp`. */
export const isSticky = ({ mode }: Pick<Stats, 'mode'>): boolean => (mode & 0o1000) !== 0;
