import { BeamError } from '../../errors.ts';

const MAX_BYTES = 65_536;

/** All of standard input as text. Throws `usage` if it is longer than 64 KiB. */
export async function readStdin(stream: AsyncIterable<Buffer | string> = process.stdin): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BYTES) throw new BeamError('usage', 'Standard input is longer than 64 KiB');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
