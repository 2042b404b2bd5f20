/** An executable under the names that it goes by: what it is called tells which bin it is. */
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

const made = new Map<string, string>();

/** A folder below `place` with `beamd` and `runbeam`, links to this executable. Any number of processes may ask for it. */
export function bothNames(executable: string, place: string): string {
  const folder = join(place, `names-${basename(executable)}`);
  if (made.get(folder) === executable) return folder;
  mkdirSync(folder, { recursive: true });
  for (const name of ['beamd', 'runbeam']) {
    const fresh = join(folder, `${name}.${process.pid}`);
    symlinkSync(executable, fresh);
    renameSync(fresh, join(folder, name));
  }
  made.set(folder, executable);
  return folder;
}
