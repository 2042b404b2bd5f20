/** Folders into which nobody else can put anything, where what is written is read by others who trust its name. */
import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { BeamError } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { shellWord } from '../../text.ts';
import { fileError } from './file-errors.ts';

const FOR_OTHERS = 0o022;

/** Entries of such a folder can be replaced by their owner alone: `/tmp`. */
const STICKY = 0o1000;

/**
 * The real path of a folder that only its owner, this user or root, can write, and so every folder above it, where one whose entries
 * belong to their owners (`/tmp`) will do. Where modes say nothing, any folder. Throws `unsafe_path`, `storage` where there is none.
 */
export function requireGuardedFolder(folder: string): string {
  try {
    const real = realpathSync(folder);
    const uid = system.files.ownUid();
    if (uid === undefined) return real;
    for (let path = real, above = false; ; path = dirname(path), above = true) {
      checkFolder(path, lstatSync(path), { uid, above });
      if (dirname(path) === path) return real;
    }
  } catch (error) {
    throw fileError(error, 'write', folder);
  }
}

function checkFolder(path: string, stats: Stats, { uid, above }: { readonly uid: number; readonly above: boolean }): void {
  const hint = { command: `ls -ld ${shellWord(path)}` };
  if (!stats.isDirectory()) throw new BeamError('unsafe_path', `${path} is not a folder`, { hint });
  if (stats.uid !== uid && stats.uid !== 0) {
    throw new BeamError('unsafe_path', `${path} belongs to another user (uid ${String(stats.uid)})`, { hint });
  }
  if ((stats.mode & FOR_OTHERS) === 0 || (above && (stats.mode & STICKY) !== 0)) return;
  const mode = (stats.mode & 0o7777).toString(8);
  // A folder that is everybody's, as /tmp, must stay as it is.
  const isOwn = stats.uid === uid && (stats.mode & STICKY) === 0;
  throw new BeamError('unsafe_path', `Others can write to ${path} (mode ${mode}), and so put another file there`, {
    hint: isOwn ? { command: `chmod go-w ${shellWord(path)}` } : { text: 'Put the file into a folder of your own' },
  });
}
