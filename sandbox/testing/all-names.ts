/** An executable under the names that it goes by: what it is called tells which bin it is. */
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

const made = new Map<string, string>();

/** What an executable is called, and so is. */
export const NAMES = ['beamd', 'runbeam', 'git-credential-beamd', 'docker-credential-beamd'] as const;

/** A folder below `place` with links to this executable, one for each name. Any number of processes may ask for it. */
export function allNames(executable: string, place: string): string {
  const folder = join(place, `names-${basename(executable)}`);
  if (made.get(folder) === executable) return folder;
  mkdirSync(folder, { recursive: true });
  for (const name of NAMES) {
    const fresh = join(folder, `${name}.${process.pid}`);
    symlinkSync(executable, fresh);
    renameSync(fresh, join(folder, name));
  }
  made.set(folder, executable);
  return folder;
}
