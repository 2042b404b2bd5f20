import type { Readable } from 'node:stream';
import type { Keys } from './environment.ts';
import { isFields, optional, text } from './fields.ts';

/** All of a stream, at most `max` bytes. */
export async function readAll(stream: Readable, max: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of stream) {
    if (!Buffer.isBuffer(piece)) continue;
    size += piece.length;
    if (size > max) break;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** The keys a command hands to the agent it starts. None, if what comes is nothing of the kind. */
export async function readKeys(stream: Readable): Promise<Keys> {
  try {
    const fields: unknown = JSON.parse(await readAll(stream, 16 * 1024));
    return isFields(fields) ? optional('BEAMD_ENCRYPTION_KEY', fields, 'BEAMD_ENCRYPTION_KEY', text) : {};
  } catch {
    return {};
  }
}
