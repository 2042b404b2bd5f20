/** JSON files, which other programs and people write too. */
import { dirname } from 'node:path';
import { readSmallFile } from '../files/atomic-file.ts';
import { checkPrivateFolder } from '../files/permissions.ts';
import { wrongFile } from './field-reader.ts';

/** What some editors on Windows put before a text. */
const BYTE_ORDER_MARK = '\ufeff';

/** The value of a JSON text. `source` names where it is from. Throws `bad_file`, never with the text in it. */
export function parseJson(json: string, source: string): unknown {
  try {
    const value: unknown = JSON.parse(json.startsWith(BYTE_ORDER_MARK) ? json.slice(1) : json);
    return value;
  } catch {
    // The parser's message quotes the text, so it is not even kept as the cause.
    throw wrongFile(source, 'is not valid JSON');
  }
}

/**
 * The value of a JSON file in a folder of ours; undefined if there is no file or nothing in it. At most 64 KiB or
 * `maxBytes`. Throws `bad_file`, and `unsafe_path` as `checkPrivateFolder` does.
 */
export function readJsonFile(path: string, maxBytes?: number): unknown {
  if (checkPrivateFolder(dirname(path)) === 'absent') return undefined;
  const text = readSmallFile(path, maxBytes);
  // `trim` takes the mark for a blank, too.
  return text === undefined || text.trim() === '' ? undefined : parseJson(text, path);
}
