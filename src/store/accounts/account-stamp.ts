/** Which state of a file this is, and of an account. */
import { lstatSync } from 'node:fs';
import { goAccountFile } from '../account-key.ts';

/** Tells one state of a file from the next; undefined if there is no file, or none that can be looked at. */
export function fileIdentity(path: string): string | undefined {
  try {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stat && `${String(stat.mtimeNs)}:${String(stat.size)}:${String(stat.ino)}`;
  } catch {
    return undefined;
  }
}

/**
 * Tells one state of an account from the next by its file, or by the Go `beamd`'s of the same account where that counts;
 * undefined if there is neither.
 */
export function accountStamp(file: string): string | undefined {
  return fileIdentity(file) ?? fileIdentity(goAccountFile(file));
}
