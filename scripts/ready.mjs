// Makes a checkout ready to run: installs what the lock file names and builds, each only when it is needed.
// Uses nothing but Node and npm, so that it works in a fresh clone. `--build` builds in any case.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : modified(path));
  }
  return latest;
}

if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) {
  process.stderr.write('Installing dependencies…\n');
  const npm = spawnSync('npm', ['ci'], { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (npm.status !== 0) process.exit(npm.status ?? 1);
}

const sources = ['src', 'sandbox', 'bench', 'scripts'].filter((folder) => existsSync(folder)).map(newest);
const written = ['package.json', 'oclif.manifest.json'].map(modified);
const stale = Math.max(...written, ...sources) > Math.min(modified('dist/cli.cjs'), modified('.build/demo.js'));
if (stale || process.argv.includes('--build')) {
  const { buildAll } = await import(pathToFileURL(join(root, 'scripts/build.mjs')).href);
  await buildAll();
}
