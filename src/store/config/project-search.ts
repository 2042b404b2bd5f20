/** Where the `.beamd` of a project is. */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { PROJECT_FILE, PROJECT_LOCAL_FILE, type Homes } from '../paths.ts';

/** What a project file may say; any other key is left alone. */
export const PROJECT_FIELDS = ['server', 'scope', 'name', 'from'] as const;

/** Only a regular file counts: `~/.beamd` is a folder of the same name. */
function isRegularFile(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

export interface ProjectFiles {
  readonly base?: string;
  readonly local?: string;
}

/** The nearest `.beamd` from the folder (an absolute path) upward, and the nearest `.beamd.local` up to it. The home folder is the last looked in. */
export function searchProject(cwd: string, homes: Homes): ProjectFiles {
  // The home folder may be known by another name than the one that leads here.
  const end = cwd.startsWith(`${homes.user}${sep}`) ? homes.user : realPath(homes.user);
  let local: string | undefined;
  for (let folder = cwd; ; folder = dirname(folder)) {
    const prefix = folder.endsWith(sep) ? folder : `${folder}${sep}`;
    const overlay = prefix + PROJECT_LOCAL_FILE;
    if (local === undefined && isRegularFile(overlay)) local = overlay;
    const base = prefix + PROJECT_FILE;
    const found = local === undefined ? {} : { local };
    if (isRegularFile(base)) return { ...found, base };
    if (folder === homes.user || folder === end || dirname(folder) === folder) return found;
  }
}
