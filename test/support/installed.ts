/** Copies of the package, to be updated or taken away while they run. */
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../sandbox/testing.ts';

/** Where the programs are that `npm run build` made. */
export const BUILT = join(PACKAGE_ROOT, 'dist');

/** Copies the package into a folder, with these programs. */
export function copyPackage(folder: string, dist = BUILT): void {
  mkdirSync(folder, { recursive: true });
  cpSync(join(PACKAGE_ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
  cpSync(dist, join(folder, 'dist'), { recursive: true });
}

export interface Installed {
  /** Leads to the copy that is installed now, and is never missing. */
  readonly folder: string;
  /** Puts another copy, with these programs, in the place of the one before, which is removed. */
  update(dist: string): void;
}

/** Installs a copy below a folder. */
export function installPackage(below: string, dist = BUILT): Installed {
  const folder = join(below, 'installed');
  let version = 0;
  const copy = (): string => `${folder}-${version}`;
  const lead = (): void => {
    symlinkSync(copy(), `${folder}.new`);
    renameSync(`${folder}.new`, folder);
  };
  copyPackage(copy(), dist);
  lead();
  return {
    folder,
    update: (next) => {
      const before = copy();
      version += 1;
      copyPackage(copy(), next);
      lead();
      rmSync(before, { recursive: true });
    },
  };
}
