/** An installation of its own, for a test in which there are several, or in which one is taken away. */
import { copyFileSync, cpSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { buildExecutable } from '../../scripts/standalone.ts';
import { buildProduct } from '../../scripts/build.ts';
import { bothNames, PACKAGE_ROOT, STANDALONE_BIN, type BinName } from '../../sandbox/testing.ts';
import { nodeProgram, standalonePrograms, type BackgroundProgram, type Programs } from '../../src/programs.ts';
import { NODE } from './cli-user.ts';

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
  cpSync(join(PACKAGE_ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
  if (version === undefined) cpSync(join(PACKAGE_ROOT, 'dist'), dist, { recursive: true });
  else await buildProduct(dist, version);
  const built = (name: BackgroundProgram) => nodeProgram(join(dist, `${name}.cjs`), NODE);
  return {
    command: (bin) => [NODE, join(folder, 'bin', `${bin}.js`)],
    programs: { agent: built('agent'), worker: built('worker'), keyring: built('keyring') },
    place: dist,
    remove: () => renameSync(dist, `${dist}.old`),
  };
}

async function installExecutable(executable: string, folder: string, version?: string): Promise<Installation> {
  const file = join(folder, 'executable');
  if (version === undefined) copyFileSync(executable, file);
  else await buildExecutable(file, version);
  return {
    command: (bin) => [join(bothNames(file, folder), bin)],
    programs: standalonePrograms(file),
    place: file,
    remove: () => renameSync(file, `${file}.old`),
  };
}
