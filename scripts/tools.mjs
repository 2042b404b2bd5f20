// Runs a program of a package folder under tools/: `node scripts/tools.mjs FOLDER PROGRAM ARGS…`. The folder is installed
// when it is first needed, so that a fresh clone can be built, tried and tested without it.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Installs what the lock file of `tools/<name>` names, if that is newer than what is there. Returns its node_modules. */
export function installTools(name) {
  const folder = join(import.meta.dirname, '..', 'tools', name);
  const modules = join(folder, 'node_modules');
  if (modified(join(modules, '.package-lock.json')) < modified(join(folder, 'package-lock.json'))) {
    process.stderr.write(`Installing tools/${name}…\n`);
    const npm = spawnSync('npm', ['ci'], { cwd: folder, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
    if (npm.status !== 0) throw new Error(`tools/${name} could not be installed`);
  }
  return modules;
}

/** Runs a program of such a folder with this Node, in the current folder. Returns its exit code. */
export function runTool(name, program, args) {
  const result = spawnSync(process.execPath, [join(installTools(name), program), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return result.status ?? 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [name, program, ...args] = process.argv.slice(2);
  process.exitCode = runTool(name, program, args);
}
