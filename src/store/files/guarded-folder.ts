/** Folders into which nobody else can put anything, where what is written is read by others who trust its name. */
import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { BeamError, type Hint } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { shellWord } from '../../text.ts';
import { fileError, missingFolder } from './file-errors.ts';
import { changeableAbove, isForeign, isOpenToOthers, isSticky } from './permissions.ts';

/**
 * The real path of a folder that only its owner, this user or root, can write, and so every folder above it, where one whose entries
 * belong to their owners (`/tmp`) will do. Where modes say nothing, any folder. Throws `unsafe_path`, `storage` where there is none, with
 * the command that makes it.
 */
export function requireGuardedFolder(folder: string): string {
  try {
    const real = realpathSync(folder);
    if (system.files.ownUid() === undefined) return real;
    const stats = lstatSync(real);
    if (!stats.isDirectory()) throw new BeamError('unsafe_path', `${real} is not a folder`, { hint: lookAt(real) });
    if (isForeign(stats) || isOpenToOthers(stats)) throw notGuarded(real, stats);
    const above = changeableAbove(real);
    if (above !== undefined) throw notGuarded(above, lstatSync(above));
    return real;
  } catch (error) {
    throw missingFolder(folder, { private: true, cause: error }) ?? fileError(error, 'write', folder);
  }
}

const lookAt = (path: string): Hint => ({ command: `ls -ld ${shellWord(path)}` });

function notGuarded(path: string, stats: Stats): BeamError {
  if (isForeign(stats)) {
    return new BeamError('unsafe_path', `${path} belongs to another user (uid ${String(stats.uid)})`, { hint: lookAt(path) });
  }
  const mode = (stats.mode & 0o7777).toString(8);
  // A folder that is everybody's, as /tmp, must stay as it is.
  const isOwn = stats.uid === system.files.ownUid() && !isSticky(stats);
  return new BeamError('unsafe_path', `Others can write to ${path} (mode ${mode}), and so put another file there`, {
    hint: isOwn ? { command: `chmod go-w ${shellWord(path)}` } : { text: 'Put the file into a folder of your own' },
  });
}
