/** What stands in the memory of a process. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** How often each text stands in the writable memory of a process, as one-byte or as two-byte characters. */
export function occurrences(pid: number, texts: readonly string[]): number[] {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const counts = texts.map(() => 0);
  try {
    for (const [start, end] of regions(pid)) {
      const buffer = Buffer.alloc(end - start);
      const size = readRegion(memory, buffer, start);
      const region = buffer.subarray(0, size);
      texts.forEach((text, index) => {
        const found = count(region, Buffer.from(text, 'latin1')) + count(region, Buffer.from(text, 'utf16le'));
        counts[index] = (counts[index] ?? 0) + found;
      });
    }
  } finally {
    closeSync(memory);
  }
  return counts;
}

function regions(pid: number): [number, number][] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n');
  const matches = lines.map((line) => /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line)).filter((match) => match !== null);
  const found = matches.map(([, start = '', end = '']): [number, number] => [parseInt(start, 16), parseInt(end, 16)]);
  return found.filter(([start, end]) => end - start < 512 * 1024 * 1024 && end < Number.MAX_SAFE_INTEGER);
}

function readRegion(memory: number, buffer: Buffer, start: number): number {
  try {
    return readSync(memory, buffer, 0, buffer.length, start);
  } catch {
    return 0; // not readable, or gone meanwhile
  }
}

function count(region: Buffer, text: Buffer): number {
  let found = 0;
  for (let at = region.indexOf(text); at !== -1; at = region.indexOf(text, at + 1)) found += 1;
  return found;
}
