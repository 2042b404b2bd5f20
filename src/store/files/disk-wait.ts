/**
 * Work on files that waits for the disk, written once for both who do it: a command that has nothing else to do, and whoever does
 * it for many at the same time, since a disk takes a hundred such waits at once as fast as one. It is a generator of its waits.
 */
import { fsync, fsyncSync, unlink, unlinkSync, type NoParamCallback } from 'node:fs';

/** Something that the disk takes its time for; both throw Node's own error. */
interface Wait {
  readonly now: () => void;
  readonly later: (done: NoParamCallback) => void;
}

export type DiskWork<T> = Generator<Wait, T, undefined>;

/** What was written to an open file is on the disk. */
export function synced(descriptor: number): Wait {
  return { now: () => fsyncSync(descriptor), later: (done) => fsync(descriptor, done) };
}

/** A file has that name no more. */
export function unlinked(path: string): Wait {
  return { now: () => unlinkSync(path), later: (done) => unlink(path, done) };
}

/** Waits while this process goes on. Rejects with Node's own error. */
export function waited({ later }: Wait): Promise<void> {
  return new Promise((resolve, reject) => later((error) => (error === null ? resolve() : reject(error))));
}

/** Does the work, and nothing else meanwhile. Throws what the work throws. */
export function atOnce<T>(work: DiskWork<T>): T {
  let step = work.next();
  while (step.done !== true) {
    try {
      step.value.now();
    } catch (error) {
      step = work.throw(error);
      continue;
    }
    step = work.next();
  }
  return step.value;
}

/** Does the work, while this process goes on with its own. Rejects with what the work throws. */
export async function beside<T>(work: DiskWork<T>): Promise<T> {
  let step = work.next();
  while (step.done !== true) {
    try {
      await waited(step.value);
    } catch (error) {
      step = work.throw(error);
      continue;
    }
    step = work.next();
  }
  return step.value;
}
