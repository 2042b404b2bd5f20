/** What was made of a large file the last time, kept beside it, and made anew as soon as the file has changed. */
import { lstatSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import type { Clock } from '../clock.ts';
import { BeamError } from '../errors.ts';
import { VERSION } from '../version.ts';
import { readSmallFile, writeFileAtomic } from './files.ts';

/** Smaller files are read as fast as what was made of them, bytes. */
const LARGE = 262_144;

/** What is kept at most, bytes. */
const MOST = 16_777_216;

/** A change within so many milliseconds of the last one may leave all times of a file as they are. */
const SETTLED = 2_000;

function statOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // Whoever reads the file meets it again, and says it well.
    return undefined;
  }
}

/** Differs for every state of a large file that has not changed just now; undefined for another file. */
function settledStamp(path: string, clock: Clock): string | undefined {
  const stat = statOf(path);
  if (stat?.isFile() !== true || stat.size < LARGE) return undefined;
  const age = clock.now() - Number(stat.ctimeMs > stat.mtimeMs ? stat.ctimeMs : stat.mtimeMs);
  return age < SETTLED ? undefined : [VERSION, stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].map(String).join(' ');
}

export interface Remembered {
  /** The large file. */
  readonly source: string;
  /** Where the text is kept, mode 0600. It may say no more than the source does. */
  readonly copy: string;
  readonly clock: Clock;
}

/** The text that `make` makes of `source`. Throws what `make` throws. */
export function remembered({ source, copy, clock }: Remembered, make: () => string): string {
  const stamp = settledStamp(source, clock);
  if (stamp === undefined) return make();
  const kept = keptText(copy, `${stamp}\n`);
  if (kept !== undefined) return kept;
  const text = make();
  // What it was made of is still what lies there: else the text belongs to neither state.
  if (settledStamp(source, clock) === stamp) keep(copy, `${stamp}\n${text}`);
  return text;
}

function keptText(path: string, head: string): string | undefined {
  try {
    const text = readSmallFile(path, MOST);
    return text?.startsWith(head) === true ? text.slice(head.length) : undefined;
  } catch (error) {
    if (error instanceof BeamError) return undefined;
    throw error;
  }
}

/** A full disk or a read-only home costs the next reader its time, and nothing else. */
function keep(path: string, text: string): void {
  try {
    writeFileAtomic(path, text);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
  }
}
