// Makes a checkout ready to run: installs what the lock file names, turns the repository's own programs into JavaScript in
// .build/, and has .build/build.js make dist/; each only when it is needed. `--build` makes both in any case.
//
// The one script here in plain JavaScript: in a fresh clone nothing is installed that could read TypeScript, and Node 20 runs
// none. So this file uses nothing but Node and npm until the installation is there, and leaves the rest to the others.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

/** What runs as `node .build/<name>.js`. */
const PROGRAMS = {
  build: 'scripts/build.ts',
  check: 'scripts/check.ts',
  generate: 'scripts/generate.ts',
  release: 'scripts/release.ts',
  docs: 'scripts/docs.ts',
  tools: 'scripts/tools.ts',
  sandbox: 'sandbox/main.ts',
  demo: 'sandbox/demo.ts',
  bench: 'bench/main.ts',
  standalone: 'scripts/standalone.ts',
};

/** Milliseconds; 0 for what is not there. */
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

function install() {
  if (modified('node_modules/.package-lock.json') >= modified('package-lock.json')) return;
  process.stderr.write('Installing dependencies…\n');
  const npm = spawnSync('npm', ['ci'], { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (npm.status !== 0) process.exit(npm.status ?? 1);
}

/** One file each, written over the old one: a program that runs meanwhile has all of itself loaded. */
async function bundle(name, input) {
  const { rolldown } = await import('rolldown');
  const external = (id) => !/^[./]/.test(id);
  const made = await rolldown({ input, platform: 'node', external, transform: { target: 'node20.19' }, logLevel: 'warn' });
  await made.write({ file: `.build/${name}.js`, format: 'esm', sourcemap: 'inline', codeSplitting: false });
  await made.close();
}

install();
const sources = Math.max(...['src', 'sandbox', 'bench', 'scripts', 'test'].map(newest));
// Man pages hold tables of the guides.
const written = Math.max(newest('docs/guides'), ...['package.json', 'oclif.manifest.json'].map(modified));
const built = Math.min(modified('dist/cli.cjs'), ...Object.keys(PROGRAMS).map((name) => modified(`.build/${name}.js`)));
if (Math.max(sources, written) > built || process.argv.includes('--build')) {
  await Promise.all(Object.entries(PROGRAMS).map(([name, path]) => bundle(name, path)));
  const { buildProduct } = await import(pathToFileURL(join(root, '.build/build.js')).href);
  await buildProduct();
}
