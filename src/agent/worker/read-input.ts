/** Standard input, for programs that can do nothing without it. */
import { readSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** Bytes that are read at a time. */
const ROOM = 4_096;

async function readBytes(stream: Readable, max: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of stream) {
    if (!Buffer.isBuffer(piece)) continue;
    size += piece.length;
    if (size > max) break;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** All of a stream, at most `max` bytes. */
export async function readAll(stream: Readable, max: number): Promise<string> {
  return (await readBytes(stream, max)).toString('utf8');
}

/** What can be read of standard input at once; `ended` says whether that is all, or more than `max` bytes. */
function readNow(max: number): { readonly pieces: Buffer[]; readonly ended: boolean } {
  const pieces: Buffer[] = [];
  try {
    for (let size = 0; size <= max;) {
      const room = Buffer.alloc(ROOM);
      const read = readSync(0, room);
      if (read === 0) break;
      pieces.push(room.subarray(0, read));
      size += read;
    }
    return { pieces, ended: true };
  } catch {
    // Not to be read in this way: on Windows, or where it is a pipe that does not wait.
    return { pieces, ended: false };
  }
}

/**
 * All of standard input, for a process that can do nothing without it: read at once, since Node takes longer to make a
 * stream of it than the work takes. `stream` gives that stream, for an input that cannot be read so. What is longer than
 * `max` bytes is cut off somewhere.
 */
export async function readInput(stream: () => Readable, max: number): Promise<string> {
  const { pieces, ended } = readNow(max);
  if (!ended) pieces.push(await readBytes(stream(), max));
  return Buffer.concat(pieces).toString('utf8');
}
