/** Disk space taken before it is needed. */
import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../../errors.ts';
import { step } from '../../steps.ts';
import { fileError } from './file-errors.ts';
import { syncFolder, unlinkQuietly, writeAll } from './atomic-file.ts';
import { temporaryName } from './temporary.ts';

/** Space for one later write of `path`, taken now. */
export interface Reservation {
  /**
   * Writes into the space reserved and replaces the file, unless `mayReplace` says no: then what was written stays beside
   * it, for the next holder of its lock to find. Throws Node's own error. It can then be called again:
   * with the same data it goes on where it failed, with new space if need be.
   */
  commit(data: Buffer, mayReplace?: () => boolean): void;
  /** Gives the space back. Harmless after `commit`. */
  release(): void;
  /** Removes what a `commit` that was not to replace the file has left beside it. */
  withdraw(): void;
}

/**
 * Takes `bytes` of real disk space for a later write, so that what must not be lost (a rotated refresh token) can be
 * stored once it is there. Throws `storage_full` and `storage`: then nothing was changed.
 */
export function reserveFile(path: string, bytes: number): Reservation {
  try {
    return new ReservedFile(path, bytes);
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

class ReservedFile implements Reservation {
  readonly #path: string;
  /** Not written yet. */
  #space: Space | undefined;
  /** Written, and on the disk. */
  #whole: string | undefined;
  /** What is in it. */
  #data: Buffer | undefined;
  /** Written, and perhaps not on the disk: kept until there is a better one. */
  #doubtful: string | undefined;

  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#space = new Space(path, bytes);
  }

  commit(data: Buffer, mayReplace: () => boolean = () => true): void {
    const written = this.#wholeFile(data);
    if (!mayReplace()) return;
    try {
      step(`write ${this.#path}`, () => renameSync(written, this.#path));
    } catch (error) {
      // Somebody removed it: the next call writes another one.
      if (systemCode(error) === 'ENOENT') this.#whole = undefined;
      throw error;
    }
    syncFolder(dirname(this.#path));
  }

  #wholeFile(data: Buffer): string {
    const earlier = this.#whole;
    if (earlier !== undefined && this.#data?.equals(data) === true) return earlier;
    const written = this.#write(data);
    this.#whole = written;
    this.#data = data;
    // Not before the next one is there: it may be the only one that is alive.
    if (earlier !== undefined) unlinkQuietly(earlier);
    return written;
  }

  #write(data: Buffer): string {
    const space = this.#space ?? new Space(this.#path, 0);
    this.#space = undefined;
    try {
      space.write(data);
    } catch (error) {
      if (this.#doubtful !== undefined) unlinkQuietly(this.#doubtful);
      this.#doubtful = space.name;
      throw error;
    }
    if (this.#doubtful !== undefined) unlinkQuietly(this.#doubtful);
    this.#doubtful = undefined;
    return space.name;
  }

  release(): void {
    this.#space?.release();
    this.#space = undefined;
  }

  withdraw(): void {
    if (this.#whole !== undefined) unlinkQuietly(this.#whole);
    this.#whole = undefined;
  }
}

/** A temporary file beside its target, open. */
class Space {
  readonly name: string;
  readonly #descriptor: number;

  constructor(path: string, bytes: number) {
    this.name = temporaryName(path);
    this.#descriptor = openSync(this.name, 'wx', 0o600);
    try {
      // Zeros are written, not seeked over: a hole has no space behind it.
      writeAll(this.#descriptor, Buffer.alloc(bytes), 0);
      fsyncSync(this.#descriptor);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Once the first of it has returned a kill loses nothing: whoever takes the lock next finds it, with zeros behind it. */
  write(data: Buffer): void {
    try {
      writeAll(this.#descriptor, data, 0);
      ftruncateSync(this.#descriptor, data.length);
      fsyncSync(this.#descriptor);
    } finally {
      closeSync(this.#descriptor);
    }
  }

  release(): void {
    closeSync(this.#descriptor);
    unlinkQuietly(this.name);
  }
}
