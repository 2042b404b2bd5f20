/**
 * Programs of the package folders under tools/. A folder is installed when it is first needed, so that a fresh clone can
 * be built, tried and tested without it. As a program: `node .build/tools.js FOLDER PROGRAM ARGS…`.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from './repository.ts';

/** Milliseconds; 0 for what is not there. */
function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Installs what the lock file of `tools/<name>` names, if that is newer than what is there. Returns its node_modules. */
export function installTools(name: string): string {
  const folder = join(ROOT, 'tools', name);
  const modules = join(folder, 'node_modules');
  if (modified(join(modules, '.package-lock.json')) >= modified(join(folder, 'package-lock.json'))) return modules;
  process.stderr.write(`Installing tools/${name}…\n`);
  runNpm(folder, 'ci');
  return modules;
}

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
