/**
 * Which programs there are, and all that differs between the two ways to get them: files that Node runs, or one executable
 * that is every one of them.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from './errors.ts';

declare const BEAMD_BUILD_VERSION: string | undefined;
declare const BEAMD_STANDALONE: string | undefined;
declare const BEAMD_MANIFEST: string | undefined;
declare const BEAMD_LICENSES: string | undefined;

/** Version of the package, put in by the build. */
export const VERSION: string = typeof BEAMD_BUILD_VERSION === 'string' ? BEAMD_BUILD_VERSION : '0.0.0';

/** What the executable was built for (`linux-x64`); undefined where Node runs the programs. */
export const STANDALONE: string | undefined = typeof BEAMD_STANDALONE === 'string' ? BEAMD_STANDALONE : undefined;

/** `oclif.manifest.json` as the executable has it in itself; undefined where it is a file of the package. */
export function embeddedManifest(): string | undefined {
  return typeof BEAMD_MANIFEST === 'string' ? BEAMD_MANIFEST : undefined;
}

/** The licenses of what is in the executable; undefined where they are a file of the package. */
export function embeddedLicenses(): string | undefined {
  return typeof BEAMD_LICENSES === 'string' ? BEAMD_LICENSES : undefined;
}

/**
 * Variables by which a caller has an executable load code, run under a debugger, or be another program. What `beamd exec` runs
 * gets none of them: they would do the same to that, where it is such an executable.
 */
export const OF_RUNTIME: readonly string[] =
  STANDALONE === undefined ? [] : ['BUN_OPTIONS', 'BUN_BE_BUN', 'BUN_INSPECT', 'BUN_INSPECT_CONNECT_TO', 'BUN_INSPECT_PRELOAD'];

/** An environment as programs of others get it: without the variables of `OF_RUNTIME`, and without those that are not set. */
export function handedOnFrom(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const child: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !OF_RUNTIME.includes(name)) child[name] = value;
  }
  return child;
}

/** The programs that run in the background. */
export type BackgroundProgram = 'agent' | 'worker' | 'keyring';

/** How a child process is made a program of ours. */
export interface Program {
  /** What is executed. */
  readonly file: string;
  /** What makes it this program; arguments of its own come after these. */
  readonly args: readonly string[];
  /** What is read by what is executed, if that is Node. */
  readonly script?: string;
}

/** What child processes run. */
export type Programs = Readonly<Record<BackgroundProgram, Program>>;

/** Those of this very installation. */
export function ownPrograms(): Programs {
  if (STANDALONE !== undefined) return standalonePrograms(process.execPath);
  // They lie beside the bundle that this module is part of.
  return nodePrograms(import.meta.dirname);
}

/** What runs `beamd` where no name on the PATH leads to it: absolute, its arguments apart. */
export function ownCommand(): readonly string[] {
  if (STANDALONE !== undefined) return [process.execPath];
  return [process.execPath, join(import.meta.dirname, '..', 'bin', 'beamd.js')];
}

/** The background programs that were built into a folder, run by this Node or the one named. */
export function nodePrograms(folder: string, node?: string): Programs {
  const built = (name: BackgroundProgram): Program => nodeProgram(join(folder, `${name}.cjs`), node);
  return { agent: built('agent'), worker: built('worker'), keyring: built('keyring') };
}

/** Whether a program can be started at all: an update may have taken it away, or the Node that runs it. */
export function isThere({ file, script }: Program): boolean {
  return existsSync(file) && (script === undefined || existsSync(script));
}

/** A file that Node runs in the background: this one, or the one named. */
export function nodeProgram(script: string, file = process.execPath): Program {
  return { file, args: [...nodeArguments(), script], script };
}

/** Whether a part of this program that is loaded on demand was taken away meanwhile, by an update. */
export function isMissingProgram(error: unknown): boolean {
  const code = systemCode(error);
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') return true;
  // Taken away after Node had found it, and before it was read.
  const path = error instanceof Error && 'path' in error ? error.path : undefined;
  return code === 'ENOENT' && typeof path === 'string' && dirname(path) === import.meta.dirname;
}

/** An address for documentation only: no machine has it, so nothing can listen there. */
const NOWHERE = '192.0.2.1:65535';

/**
 * Node's own arguments for a background process: SIGUSR1 would open a debugger port that every local user can reach.
 * Where Node cannot be told to ignore it, it is told to open that port where it cannot be opened: that holds from the
 * first instant on, when no handler of ours is there yet.
 */
function nodeArguments(): string[] {
  const known = process.allowedNodeEnvironmentFlags;
  const nowhere = known.has('--inspect-port') ? [`--inspect-port=${NOWHERE}`] : [];
  return known.has('--disable-sigusr1') ? ['--disable-sigusr1', ...nowhere] : nowhere;
}

/** Before the name of a background program, as the executable's first word. */
const HIDDEN = '--program=';

/** The background programs of an executable. */
export function standalonePrograms(file: string): Programs {
  const hidden = (name: BackgroundProgram): Program => ({ file, args: [`${HIDDEN}${name}`] });
  return { agent: hidden('agent'), worker: hidden('worker'), keyring: hidden('keyring') };
}

/** The background program that the executable's first word asks for. */
export function hiddenProgram(word: string | undefined): BackgroundProgram | undefined {
  const name = word?.startsWith(HIDDEN) === true ? word.slice(HIDDEN.length) : undefined;
  return name === 'agent' || name === 'worker' || name === 'keyring' ? name : undefined;
}
