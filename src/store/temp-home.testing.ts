/** For the tests of this folder: a home of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { resolveHomes, type Homes } from './paths.ts';

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed after the test; its name has a space and a letter beyond ASCII. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'beamd störe-'));
  made.push(folder);
  return folder;
}

export function tempHomes(): Homes {
  return resolveHomes({}, tempFolder());
}
