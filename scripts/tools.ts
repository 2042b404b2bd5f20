/**
 * Programs of the package folders under tools/. A folder is installed when it is first needed, so that a fresh clone can
 * be built, tried and tested without it. As a program: `node .build/tools.js FOLDER PROGRAM ARGS…`.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from './repository.ts';

/** Milliseconds; 0 for what is not there. */
function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** What makes a package one for a system, in the words of package.json. */
export interface System {
  readonly os: string;
  readonly cpu: string;
  /** Linux only. */
  readonly libc?: 'glibc' | 'musl';
}

/**
 * Installs what the lock file of `tools/<name>` names, if that is newer than what is there: in that folder and for this
 * system, or for another one in a folder of its own in .build/. npm compares all it gets with the lock file's hashes. Returns
 * the node_modules.
 */
export function installTools(name: string, system?: System): string {
  const source = join(ROOT, 'tools', name);
  const named = Object.entries<string>({ ...system });
  const words = named.map(([, value]) => value);
  const folder = system === undefined ? source : join(ROOT, '.build', ['tools', name, ...words].join('-'));
  const modules = join(folder, 'node_modules');
  if (modified(join(modules, '.package-lock.json')) >= modified(join(source, 'package-lock.json'))) return modules;
  process.stderr.write(`Installing ${['tools/' + name, ...words].join(' ')}…\n`);
  mkdirSync(folder, { recursive: true });
  if (folder !== source) for (const file of PACKAGE) copyFileSync(join(source, file), join(folder, file));
  runNpm(folder, 'ci', ...named.map(([key, value]) => `--${key}=${value}`));
  return modules;
}

/** The files that say what is installed, and how. */
const PACKAGE = ['package.json', 'package-lock.json', '.npmrc'];

/** Runs npm in a folder; only its complaints are shown. Throws when it fails. */
export function runNpm(cwd: string, ...args: string[]): void {
  const { status } = spawnSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 2], shell: process.platform === 'win32' });
  if (status !== 0) throw new Error(`npm ${args[0] ?? ''} failed in ${cwd}`);
}

/** Runs a program of such a folder with this Node, in the current folder. Returns its exit code. */
export function runTool(name: string, program: string, args: readonly string[]): number {
  const path = join(installTools(name), program);
  return spawnSync(process.execPath, [path, ...args], { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
}

// Other programs have this module in them; only the one of its name is it.
if (basename(process.argv[1] ?? '') === 'tools.js') {
  const [name = '', program = '', ...args] = process.argv.slice(2);
  process.exitCode = runTool(name, program, args);
}
