/** Disk space taken before it is needed. */
import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { BeamError } from '../../errors.ts';
import { fileError } from './file-errors.ts';
import { syncFolder, unlinkQuietly, writeAll, writeFileAtomic } from './atomic-file.ts';
import { temporaryName } from './temporary.ts';

/** Space for one later write of `path`, taken now. Exactly one of the two must be called. */
export interface Reservation {
  /** Replaces the file, as `writeFileAtomic` does, in the space reserved. */
  commit(data: string | Buffer): void;
  /** Gives the space back. Harmless after `commit`. */
  release(): void;
}

/**
 * Takes `bytes` of real disk space for a later write, so that what must not be lost (a rotated refresh token) can be
 * stored once it is there. Throws `storage_full` and `storage`: then nothing was changed.
 */
export function reserveFile(path: string, bytes: number): Reservation {
  const temporary = temporaryName(path);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(temporary, 'wx', 0o600);
    // Zeros are written, not seeked over: a hole has no space behind it.
    writeAll(descriptor, Buffer.alloc(bytes), 0);
    fsyncSync(descriptor);
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    unlinkQuietly(temporary);
    throw fileError(error, 'write', path);
  }
  return reservation(path, temporary, descriptor);
}

function reservation(path: string, temporary: string, descriptor: number): Reservation {
  let open = true;
  const close = (): void => {
    if (open) closeSync(descriptor);
    open = false;
  };
  return {
    commit(data) {
      if (!open) throw new BeamError('storage', `The space reserved for ${path} was already used`);
      try {
        const bytes = Buffer.from(data);
        writeAll(descriptor, bytes, 0);
        ftruncateSync(descriptor, bytes.length);
        fsyncSync(descriptor);
        close();
        renameSync(temporary, path);
        syncFolder(dirname(path));
      } catch {
        // Whatever was wrong with the reserved file, the data must be tried once more the plain way.
        close();
        unlinkQuietly(temporary);
        writeFileAtomic(path, data);
      }
    },
    release() {
      if (!open) return;
      close();
      unlinkQuietly(temporary);
    },
  };
}
