/** A file that holds a token for another program: where it may be, who may read it, and how it is replaced. */
import { lstatSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { BeamError } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { writeFileAtomic } from '../../store/files/atomic-file.ts';
import { fileError } from '../../store/files/file-errors.ts';
import { requireGuardedFolder } from '../../store/files/guarded-folder.ts';
import { sweepTemporary } from '../../store/files/temporary.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';

export interface TokenFileInput {
  readonly path: string;
  /** Octal digits. Default 0600. */
  readonly mode?: string | undefined;
  /** Name or number of the group that the file is of. */
  readonly group?: string | undefined;
}

export interface TokenFile {
  /** Absolute, and without a link in it. */
  readonly path: string;
  /**
   * Puts a text in the place of what the file holds, in one step. Throws `storage`, `storage_full`, and `unsafe_path` where its place is
   * another one by now, or no longer closed to others.
   */
  write(text: string): void;
}

/**
 * Where a token is written to. Nothing is written yet. Throws `usage` for a mode that lets all read it, or a group that is not named, and for an unknown group,
 * `forbidden` for a group that this user is not in, `unsafe_path` for a folder that others can write and for what is no file.
 */
export function tokenFile({ cwd, clock }: Pick<Context, 'cwd' | 'clock'>, input: TokenFileInput): TokenFile {
  const mode = modeOf(input);
  const group = input.group === undefined ? undefined : groupOf(input.group);
  const named = resolve(cwd, input.path);
  const folder = requireGuardedFolder(dirname(named));
  const path = join(folder, basename(named));
  checkPlace(path);
  // What a watcher left behind that was killed while it wrote.
  sweepTemporary(folder, clock.now(), (target) => target !== basename(path));
  return {
    path,
    write: (text) => {
      checkAgain(path);
      writeFileAtomic(path, text, { mode, group });
    },
  };
}

/** A watcher runs for weeks, in which a folder can be opened to others, or another one put in its place. */
function checkAgain(path: string): void {
  const folder = dirname(path);
  if (requireGuardedFolder(folder) !== folder) {
    throw new BeamError('unsafe_path', `${printable(folder, 1_000)} leads to another folder than at the beginning`, {
      hint: { text: 'Start again, if that is where the file is to be' },
    });
  }
  checkPlace(path);
}

function checkPlace(path: string): void {
  const stats = statsOf(path);
  if (stats === undefined || stats.isFile()) return;
  const what = stats.isSymbolicLink() ? 'a symbolic link' : 'not a regular file';
  throw new BeamError('unsafe_path', `${printable(path, 1_000)} is ${what}`, {
    hint: { text: 'Name a file, or one that is not there yet' },
  });
}

function statsOf(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

/** The owner reads it, and a group may that was named: whose the process happens to be of is everybody's on some machines. */
function modeOf({ mode: text = '0600', group }: TokenFileInput): number {
  const mode = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : NaN;
  const isOfGroup = (mode & 0o040) !== 0;
  if (isOfGroup && group === undefined && (mode & ~0o640) === 0) {
    throw new BeamError('usage', `With the mode ${printable(text, 20)} a group reads the token, and --group does not say which`, {
      hint: { command: `beamd token --out FILE --mode ${printable(text, 20)} --group GROUP` },
    });
  }
  if ((mode & ~0o640) === 0 && (mode & 0o400) !== 0) return mode;
  throw new BeamError('usage', `A token is not written with the mode ${printable(text, 20)}`, {
    hint: { text: 'It is 0600, or 0640 with --group: nobody else may read it' },
  });
}

function groupOf(name: string): number {
  const group = system.files.groupNumber(name);
  if (group === undefined) {
    throw new BeamError('usage', `There is no group ${printable(name, 40)} on this machine`, {
      hint: { text: 'Give its number, if a directory service knows it' },
    });
  }
  if (system.files.mayGiveTo(group)) return group;
  throw new BeamError('forbidden', `You are not in the group ${printable(name, 40)}, so no file of yours can be given to it`, {
    hint: { command: 'id -Gn' },
  });
}
