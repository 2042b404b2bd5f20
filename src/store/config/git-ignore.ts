/** Keeps a personal file of a project out of git. */
import { existsSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BeamError } from '../../errors.ts';
import { readSmallFile, writeFileAtomic } from '../files/atomic-file.ts';

/** The top of the git work tree that a folder is in (a worktree has a `.git` file); undefined outside of one. */
export function gitTop(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/** What came of it. `unignored`: git would take the file, and that could not be changed. */
export type Ignored = { readonly status: 'was' | 'now'; readonly path: string } | { readonly status: 'unignored' };

/**
 * Adds `name`, a file in `folder`, to the .gitignore beside it, unless a line there, further up, or in `.git/info/exclude` has
 * it. Undefined outside of git. What cannot be written is not an error: the file itself is there.
 */
export function ignoreInGit(folder: string, name: string): Ignored | undefined {
  const top = gitTop(folder);
  if (top === undefined) return undefined;
  const found = ignoreFiles(folder, top).find((path) => lists(readQuietly(path), name));
  if (found !== undefined) return { status: 'was', path: found };
  const path = join(folder, '.gitignore');
  try {
    const text = readSmallFile(path) ?? '';
    const mode = lstatSync(path, { throwIfNoEntry: false })?.mode;
    const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
    writeFileAtomic(path, `${start}${name}\n`, mode === undefined ? { shared: true } : { mode: mode & 0o777 });
    return { status: 'now', path };
  } catch (error) {
    if (error instanceof BeamError) return { status: 'unignored' };
    throw error;
  }
}

function ignoreFiles(folder: string, top: string): string[] {
  const files = [join(top, '.git', 'info', 'exclude')];
  for (let at = folder; ; at = dirname(at)) {
    files.unshift(join(at, '.gitignore'));
    if (at === top || dirname(at) === at) return files;
  }
}

function readQuietly(path: string): string {
  try {
    return readSmallFile(path) ?? '';
  } catch {
    return '';
  }
}

/** Only the plain ways to write it: a line too many does no harm, one too few does. The last one that speaks of it counts. */
function lists(text: string, name: string): boolean {
  const lines = text.split(/\r?\n/u).map((line) => line.trim().replace(/^(!?)(?:\*\*)?\//u, '$1'));
  return lines.findLast((line) => line === name || line === `!${name}`) === name;
}
