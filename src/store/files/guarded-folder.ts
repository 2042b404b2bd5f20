/** Folders that a user names for what is to be written; and those into which nobody else can put anything. */
import { accessSync, constants, existsSync, lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { BeamError, systemCode, type Hint } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { shellWord } from '../../text.ts';
import { fileError } from './file-errors.ts';
import { changeableAbove, isForeign, isOpenToOthers, isSticky } from './permissions.ts';

/**
 * Makes sure that there is a folder for a file that is to be written where a user says. Throws `storage` with the command that makes the
 * folder, or, where this user may not make it, with words.
 */
export function requireFolderFor(file: string): void {
  const missing = missingFolder(dirname(file));
  if (missing !== undefined) throw missing;
}

/** `options`: a command that makes a folder may need some. Undefined: something of that name is there. */
function missingFolder(folder: string, options = ''): BeamError | undefined {
  // A link that leads nowhere is no folder, but the name is taken.
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) return undefined;
  const hint: Hint = mayMakeIn(lastThere(folder))
    ? { command: `mkdir -p ${options}${shellWord(folder)}` }
    : { text: 'Have it made for you, or name a folder of your own' };
  return new BeamError('storage', `There is no folder ${folder} to write into`, { hint });
}

function lastThere(folder: string): string {
  let at = folder;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

function mayMakeIn(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

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
    throw (systemCode(error) === 'ENOENT' ? missingFolder(folder, '-m 700 ') : undefined) ?? fileError(error, 'write', folder);
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
