/** A JSON file that other programs write too: what they put there is kept. */
import { parseJsonFile } from './field-reader.ts';
import { checkPrivateFolder } from '../files/permissions.ts';
import { readSmallFile } from '../files/atomic-file.ts';
import type { Homes } from '../paths.ts';

/**
 * The value in a file of `~/.runbeam`, or undefined if there is none. At most 64 KiB or `maxBytes`. Throws `bad_file`,
 * `unsafe_path`.
 */
export function readRunbeamJson(homes: Homes, path: string, maxBytes?: number): unknown {
  if (checkPrivateFolder(homes.runbeam) === 'absent') return undefined;
  const text = readSmallFile(path, maxBytes);
  return text === undefined || text.trim() === '' ? undefined : parseJsonFile(text, path);
}
