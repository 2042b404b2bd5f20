/** Copies of the package, to be updated or taken away while they run. */
import { cp, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../sandbox/testing.ts';

/** Where the programs are that `npm run build` made. */
export const BUILT = join(PACKAGE_ROOT, 'dist');

/** Copies the package into a folder, with these programs. */
export async function copyPackage(folder: string, dist = BUILT): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ['bin', 'oclif.manifest.json']) await cp(join(PACKAGE_ROOT, name), join(folder, name), { recursive: true });
  await cp(dist, join(folder, 'dist'), { recursive: true });
}

export interface Installed {
  /** Leads to the copy that is installed now, and is never missing. */
  readonly folder: string;
  /** Puts another copy, with these programs, in the place of the one before, which is removed. */
  update(dist: string): Promise<void>;
}

/** Installs a copy below a folder. */
export async function installForUpdates(below: string, dist = BUILT): Promise<Installed> {
  const folder = join(below, 'installed');
  let version = 0;
  const place = async (programs: string): Promise<void> => {
    const copy = `${folder}-${version}`;
    await copyPackage(copy, programs);
    await symlink(copy, `${folder}.new`);
    await rename(`${folder}.new`, folder);
  };
  await place(dist);
  return {
    folder,
    update: async (next) => {
      const before = `${folder}-${version}`;
      version += 1;
      await place(next);
      await rm(before, { recursive: true });
    },
  };
}
