import { writeSync } from 'node:fs';

/** Writes to standard output without the streams that Node would load. Returns what could not be written like that. */
export function writeAtOnce(bytes: Uint8Array): Uint8Array {
  let rest = bytes;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch {
    // A reader that is slow or gone, or a full disk: the streams and their errors know what to do.
  }
  return rest;
}
