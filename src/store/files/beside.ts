/**
 * As in `atomic-file.ts`, and no less safe; this process does other work while the disk is waited for. For what is done for many at
 * once: a disk takes a hundred such waits at the same time as fast as one.
 */
import { closeSync, constants, fchmodSync, fsync, linkSync, openSync, renameSync, unlink } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../../errors.ts';
import { longStep } from '../../steps.ts';
import { unlinkQuietly, writeAll } from './atomic-file.ts';
import { fileError, linkError } from './file-errors.ts';
import { temporaryName } from './temporary.ts';

/** As `writeFileAtomic`. */
export function writeFileBeside(path: string, data: string | Buffer): Promise<void> {
  return longStep(`write ${path}`, async () => {
    const temporary = temporaryName(path);
    try {
      await writeSynced(temporary, Buffer.from(data));
      renameSync(temporary, path);
    } catch (error) {
      unlinkQuietly(temporary);
      throw fileError(error, 'write', path);
    }
    await syncFolderBeside(dirname(path));
  });
}

/** As `linkNewFile`. */
export function linkNewFileBeside(path: string, data: string): Promise<boolean> {
  return longStep(`write ${path}`, () => linkIfNew(path, data), { done: (made) => (made ? '' : 'was there') });
}

async function linkIfNew(path: string, data: string): Promise<boolean> {
  const temporary = temporaryName(path);
  try {
    await writeSynced(temporary, Buffer.from(data));
    linkSync(temporary, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw systemCode(error) === undefined ? error : linkError(error, path);
  } finally {
    unlinkQuietly(temporary);
  }
  await syncFolderBeside(dirname(path));
  return true;
}

/** As `removeFile`. */
export function removeFileBeside(path: string): Promise<boolean> {
  return longStep(`remove ${path}`, () => removeIfThere(path), { done: (there) => (there ? '' : 'not there') });
}

async function removeIfThere(path: string): Promise<boolean> {
  try {
    if (!(await unlinkBeside(path))) return false;
  } catch (error) {
    throw fileError(error, 'write', path);
  }
  await syncFolderBeside(dirname(path));
  return true;
}

/** Whether there was such a file. Rejects with Node's own error. */
export function unlinkBeside(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    unlink(path, (error) => {
      if (error === null) resolve(true);
      else if (error.code === 'ENOENT' || error.code === 'ENOTDIR') resolve(false);
      else reject(error);
    });
  });
}

/** As `writeNewFile`, with mode 0600. Rejects with Node's own error. */
export async function writeSynced(path: string, data: Buffer): Promise<void> {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    fchmodSync(descriptor, 0o600);
    writeAll(descriptor, data, 0);
    await synced(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** As `syncFolder`. */
async function syncFolderBeside(folder: string): Promise<void> {
  let descriptor: number;
  try {
    descriptor = openSync(folder, constants.O_RDONLY);
  } catch {
    return;
  }
  await synced(descriptor).catch(() => undefined);
  closeSync(descriptor);
}

/** Resolves when what was written to an open file is on the disk. Rejects with Node's own error. */
export function synced(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}
