/**
 * Files that may hold secrets: private, whole, and never destroyed by a failure. Synchronous, because a command reads one or
 * two small files and ends; what is named `…Beside` does the same for many at a time, while this process does other work.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { BeamError, systemCode } from '../../errors.ts';
import { longStep, step, type Outcomes } from '../../steps.ts';
import { atOnce, beside, synced, unlinked, type DiskWork } from './disk-wait.ts';
import { fileError, linkError } from './file-errors.ts';
import { temporaryName } from './temporary.ts';
import { shellWord } from '../../text.ts';

/** The largest file that is usual, bytes. */
export const SMALL = 65_536;

/**
 * The text of a regular file, or undefined if there is none. Throws `unsafe_path` (symbolic link), `bad_file` (not a
 * regular file, unreadable, or over `maxBytes`). Never waits: a named pipe is refused, not opened for reading.
 * What a user names is read with `readNamedFile`.
 */
export function readSmallFile(path: string, maxBytes = SMALL): string | undefined {
  return readSmallBytes(path, maxBytes)?.toString('utf8');
}

/** As `readSmallFile`, for files that are not text. */
export function readSmallBytes(path: string, maxBytes = SMALL): Buffer | undefined {
  return step(`read ${path}`, () => readIfThere(path, maxBytes), { done: (bytes) => (bytes === undefined ? 'not there' : '') });
}

function readIfThere(path: string, maxBytes: number): Buffer | undefined {
  const opened = openRegular(path);
  if (opened === undefined) return undefined;
  try {
    return readAtMost(opened.descriptor, path, opened.stats.size, maxBytes);
  } catch (error) {
    throw fileError(error, 'read', path);
  } finally {
    closeSync(opened.descriptor);
  }
}

/** A regular file, open for reading; undefined if there is none. Throws as `readSmallFile`, and never waits either. */
export function openRegular(path: string): { readonly descriptor: number; readonly stats: Stats } | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    // A socket cannot be opened at all.
    if (code === 'ENXIO') throw notRegular(path, error);
    throw fileError(error, 'read', path);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw notRegular(path);
    return { descriptor, stats };
  } catch (error) {
    closeSync(descriptor);
    throw fileError(error, 'read', path);
  }
}

/** `bad_file`. */
export function notRegular(path: string, cause?: unknown): BeamError {
  return new BeamError('bad_file', `${path} is not a regular file`, { hint: { text: `Move ${path} away` }, cause });
}

/** To the end of the file, and not to the `size` that it says: files of /proc and /dev/fd say 0. */
export function readAtMost(descriptor: number, path: string, size: number, maxBytes: number): Buffer {
  let buffer = Buffer.allocUnsafe(Math.min(size, maxBytes) + 1);
  for (let total = 0; ;) {
    const count = readSync(descriptor, buffer, total, buffer.length - total, null);
    if (count === 0) return buffer.subarray(0, total);
    total += count;
    if (total > maxBytes) throw tooLarge(path, maxBytes);
    if (total === buffer.length) buffer = Buffer.concat([buffer], Math.min(2 * total, maxBytes) + 1);
  }
}

/** `bad_file`. */
export function tooLarge(path: string, maxBytes: number): BeamError {
  return new BeamError('bad_file', `${path} is larger than ${String(Math.floor(maxBytes / 1024))} KiB`, {
    hint: { command: `ls -l ${shellWord(path)}` },
  });
}

/** Makes a rename or an unlink in the folder survive a power cut, where the system can. */
export function syncFolder(folder: string): void {
  atOnce(folderSynced(folder));
}

function* folderSynced(folder: string): DiskWork<void> {
  let descriptor: number;
  try {
    descriptor = openSync(folder, constants.O_RDONLY);
  } catch {
    return;
  }
  try {
    yield synced(descriptor);
  } catch {
    // Some file systems (and Windows) cannot sync a folder: the rename itself has happened.
  } finally {
    closeSync(descriptor);
  }
}

/** Removes a file that is of no more use; a failure is left to the next sweep. */
export function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already gone, or swept at the next start.
  }
}

/** Writes every byte at `position`. Throws Node's own error. */
export function writeAll(descriptor: number, data: Buffer, position: number): void {
  let done = 0;
  while (done < data.length) done += writeSync(descriptor, data, done, data.length - done, position + done);
}

export interface WriteOptions {
  /** Mode of the file, exactly. Default 0600. */
  readonly mode?: number;
  /** Whose group the file is of, by its number. Default: as the system does. */
  readonly group?: number | undefined;
  /** Instead of a mode: as open to others as the user's umask lets new files be. For files that hold no secret. */
  readonly shared?: boolean;
}

/**
 * Replaces a file in one step: readers see the old text or the new, and any failure or power cut leaves the old one.
 * Throws `storage_full` (ENOSPC, EDQUOT) and `storage`.
 */
export function writeFileAtomic(path: string, data: string | Buffer, options: WriteOptions = {}): void {
  step(`write ${path}`, () => atOnce(replaceFile(path, data, options)));
}

/** As `writeFileAtomic`. */
export function writeFileBeside(path: string, data: string | Buffer): Promise<void> {
  return longStep(`write ${path}`, () => beside(replaceFile(path, data, {})));
}

function* replaceFile(path: string, data: string | Buffer, options: WriteOptions): DiskWork<void> {
  const temporary = temporaryName(path);
  try {
    yield* writeNewFile(temporary, Buffer.from(data), options);
    renameSync(temporary, path);
  } catch (error) {
    unlinkQuietly(temporary);
    throw fileError(error, 'write', path);
  }
  yield* folderSynced(dirname(path));
}

/**
 * Proves that a file can be replaced, by replacing it with what it holds: a mount point, an immutable file or an
 * append-only folder refuse only that. Of a file that is not there, that one can be renamed and removed. Throws `storage`,
 * `storage_full`, `bad_file`; then nothing was changed.
 */
export function proveReplaceable(path: string, maxBytes: number): void {
  const bytes = readSmallBytes(path, maxBytes);
  if (bytes !== undefined) {
    writeFileAtomic(path, bytes);
    return;
  }
  const [first, second] = [temporaryName(path), temporaryName(path)];
  try {
    atOnce(writeNewFile(first, Buffer.alloc(0)));
    renameSync(first, second);
    unlinkSync(second);
  } catch (error) {
    unlinkQuietly(first);
    throw fileError(error, 'write', path);
  }
}

/** Writes a file that must not exist yet, and its bytes are on the disk when this returns. Throws Node's own error. */
export function* writeNewFile(path: string, data: Buffer, { mode, shared, group }: WriteOptions = {}): DiskWork<void> {
  const descriptor = openSync(path, 'wx', shared === true ? 0o666 : 0o600);
  try {
    // While it is its owner's alone: the mode that lets a group read it comes after this.
    if (group !== undefined) fchownSync(descriptor, fstatSync(descriptor).uid, group);
    // Exactly: a umask may have taken rights from us too, and then we could not read it.
    if (shared !== true) fchmodSync(descriptor, mode ?? 0o600);
    writeAll(descriptor, data, 0);
    yield synced(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Makes a file that is not there yet, whole: of several processes that do this at once, one does it. False: it was there.
 * Throws `storage_full` and `storage`.
 */
export function linkNewFile(path: string, data: string): boolean {
  return step(`write ${path}`, () => atOnce(linkIfNew(path, data)), LINKED);
}

/** As `linkNewFile`. */
export function linkNewFileBeside(path: string, data: string): Promise<boolean> {
  return longStep(`write ${path}`, () => beside(linkIfNew(path, data)), LINKED);
}

const LINKED: Outcomes<boolean> = { done: (made) => (made ? '' : 'was there') };

function* linkIfNew(path: string, data: string): DiskWork<boolean> {
  const temporary = temporaryName(path);
  try {
    yield* writeNewFile(temporary, Buffer.from(data));
    linkSync(temporary, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw systemCode(error) === undefined ? error : linkError(error, path);
  } finally {
    unlinkQuietly(temporary);
  }
  yield* folderSynced(dirname(path));
  return true;
}

/** Removes a file; whether it was there. Throws `storage`. */
export function removeFile(path: string): boolean {
  return step(`remove ${path}`, () => atOnce(removeIfThere(path)), REMOVED);
}

/** As `removeFile`. */
export function removeFileBeside(path: string): Promise<boolean> {
  return longStep(`remove ${path}`, () => beside(removeIfThere(path)), REMOVED);
}

const REMOVED: Outcomes<boolean> = { done: (there) => (there ? '' : 'not there') };

function* removeIfThere(path: string): DiskWork<boolean> {
  try {
    if (!(yield* unlinkIfThere(path))) return false;
  } catch (error) {
    throw fileError(error, 'write', path);
  }
  yield* folderSynced(dirname(path));
  return true;
}

/** Whether there was such a file. Throws Node's own error. */
export function* unlinkIfThere(path: string): DiskWork<boolean> {
  try {
    yield unlinked(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}
