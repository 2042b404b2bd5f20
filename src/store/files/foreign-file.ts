/** Settings of other programs: what they hold beside what is changed is theirs, and so are their place and their mode. */
import { closeSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { BeamError, systemCode } from '../../errors.ts';
import { shellWord } from '../../text.ts';
import { readSmallFile, unlinkQuietly, writeFileAtomic } from './atomic-file.ts';
import { fileError } from './file-errors.ts';

/** Bytes of a file that is edited; kubeconfigs carry certificates. */
export const LARGEST = 1_048_576;

/** The text of such a file; undefined if there is none. Throws `bad_file`. */
export function readForeignFile(path: string): string | undefined {
  return readSmallFile(behindLinks(path), LARGEST);
}

/**
 * Changes a file in one step, as it is when its turn comes; `edit` gets the empty text for one that is not there, which is made for its
 * owner alone. A symbolic link stays one. `lock`: the file by which the other program keeps writers apart. Throws `busy` while there is
 * such a file, `bad_file`, `storage`, `storage_full`, and what `edit` throws.
 */
export async function editForeignFile(
  path: string,
  edit: (text: string) => string | Promise<string>,
  { lock }: { readonly lock?: string } = {},
): Promise<void> {
  const file = behindLinks(path);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, 'write', dirname(file));
  }
  await locked(lock, async () => {
    const before = readSmallFile(file, LARGEST);
    const after = await edit(before ?? '');
    if (after === before) return;
    writeFileAtomic(file, after, before === undefined ? {} : { mode: statSync(file).mode & 0o777 });
  });
}

async function locked(lock: string | undefined, work: () => Promise<void>): Promise<void> {
  if (lock === undefined) return work();
  try {
    closeSync(openSync(lock, 'wx', 0o600));
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw fileError(error, 'write', lock);
    throw new BeamError('busy', `Another program changes the file now: there is ${lock}`, {
      hint: { text: `Try again; if nothing has the file open, remove ${shellWord(lock)}` },
    });
  }
  try {
    await work();
  } finally {
    unlinkQuietly(lock);
  }
}

function behindLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return path;
    throw fileError(error, 'read', path);
  }
}
