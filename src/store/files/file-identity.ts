/** Which state of a file this is. */
import { lstatSync } from 'node:fs';

/** Tells one state of a file from the next; undefined if there is no file, or none that can be looked at. */
export function fileIdentity(path: string): string | undefined {
  try {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stat && `${String(stat.mtimeNs)}:${String(stat.size)}:${String(stat.ino)}`;
  } catch {
    return undefined;
  }
}
