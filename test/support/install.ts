/** An installation of its own, for a test in which there are several, or in which one is taken away. */
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { buildExecutable } from '../../scripts/standalone.ts';
import { buildProduct } from '../../scripts/build.ts';
import { allNames, STANDALONE_BIN, type BinName } from '../../sandbox/testing.ts';
import { nodePrograms, standalonePrograms, type Programs } from '../../src/programs.ts';
import { NODE } from './cli-user.ts';
import { copyPackage } from './installed.ts';

export interface Installation {
  /** What a bin is started with, its arguments apart. */
  readonly command: (bin: BinName) => readonly [file: string, ...args: string[]];
  readonly programs: Programs;
  /** Stands in the command line of each of its background processes. */
  readonly place: string;
  /** Takes the programs away, as an update does. */
  readonly remove: () => void;
}

/** What is tried, copied into a folder of its own. `version`: another build of it. */
export async function install(folder: string, version?: string): Promise<Installation> {
  mkdirSync(folder, { recursive: true });
  if (STANDALONE_BIN === undefined) return installPackage(folder, version);
  return installExecutable(STANDALONE_BIN, folder, version);
}

/** The npm package, whatever is tried. */
export async function installPackage(folder: string, version?: string): Promise<Installation> {
  const dist = join(folder, 'dist');
  await copyPackage(folder);
  if (version !== undefined) await buildProduct(dist, version);
  return {
    command: (bin) => [NODE, join(folder, 'bin', `${bin}.js`)],
    programs: nodePrograms(dist, NODE),
    place: dist,
    remove: () => renameSync(dist, `${dist}.old`),
  };
}

async function installExecutable(executable: string, folder: string, version?: string): Promise<Installation> {
  const file = join(folder, 'executable');
  if (version === undefined) copyFileSync(executable, file);
  else await buildExecutable(file, version);
  return {
    command: (bin) => [join(allNames(file, folder), bin)],
    programs: standalonePrograms(file),
    place: file,
    remove: () => renameSync(file, `${file}.old`),
  };
}
