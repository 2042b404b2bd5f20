// Bundles the two bins and their background programs into dist/, and the tools of the repository into .build/.
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { build } from 'esbuild';
import { joinFiles } from './join.mjs';

/** Bundled CommonJS packages call `require` for Node's own modules. */
const REQUIRE = "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

const { version } = JSON.parse(await readFile('package.json', 'utf8'));

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  logLevel: 'warning',
};

/** Written beside, then swapped in: an agent that runs from the old files keeps them until then. */
async function swap(folder, make) {
  const fresh = `${folder}.new-${process.pid}`;
  const old = `${folder}.old-${process.pid}`;
  await make(fresh);
  if (existsSync(folder)) await rename(folder, old);
  await rename(fresh, folder);
  await rm(old, { recursive: true, force: true });
}

/** The quick programs parse with `src/cli/light` in oclif's place, and load the frame, which has oclif, when they must. */
const quick = {
  name: 'quick',
  setup({ onResolve }) {
    onResolve({ filter: /^@oclif\/core\/(?:command|flags|args)$/ }, ({ path }) => ({
      path: resolve('src/cli/light', `${basename(path)}.ts`),
    }));
    onResolve({ filter: /^\.\/frame\.ts$/ }, () => ({ path: './frame.js', external: true }));
  },
};

/** The hot path is one file. Whatever it would load later is left to the quick programs: there is nothing to load. */
const hot = {
  name: 'hot',
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: path === './quick.ts' ? './quick.js' : './not-hot.js', external: true } : undefined,
    );
  },
};

/** `runbeam` has no hot path. */
const besideQuick = {
  name: 'beside-quick',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/quick\.ts$/ }, () => ({ path: './quick.js', external: true }));
  },
};

/** What a usual call of an everyday command loads on demand: it is loaded with the rest, as one file. */
const EVERYDAY = [
  'src/cli/run-guarded.ts',
  'src/cli/context.ts',
  'src/store/account-store.ts',
  'src/agent/environment.ts',
  'src/agent/spawn-agent.ts',
  ...['token', 'whoami', 'orgs', 'default', 'status', 'accounts'].map((name) => `src/commands/beamd/${name}.ts`),
  'src/commands/runbeam/harmony/list.ts',
];

/** Programs of one list share files. `joined` names the file that takes in modules which are else loaded on demand. */
const PROGRAMS = [
  { entries: ['beamd'], plugins: [hot] },
  { entries: ['runbeam'], plugins: [besideQuick] },
  { entries: ['quick'], chunks: 'chunk', plugins: [quick], joined: { into: 'quick.js', modules: EVERYDAY } },
  { entries: ['agent'], chunks: 'agent', plugins: [], joined: { into: 'agent.js', modules: [] } },
  { entries: ['worker'], chunks: 'worker', plugins: [], joined: { into: 'worker.js', modules: ['src/store/account-store.ts'] } },
  { entries: ['keyring'], plugins: [] },
  { entries: ['frame'], chunks: 'frame', plugins: [] },
];

/**
 * `version` other than package.json's: only tests build one, to meet an agent of another version. Resolves to what the
 * files are made of: esbuild's metafile outputs, by file name.
 */
export async function buildProduct(folder = 'dist', productVersion = version) {
  const outputs = {};
  await swap(folder, async (outdir) => {
    for (const program of PROGRAMS) Object.assign(outputs, await bundle(program, outdir, productVersion));
  });
  return outputs;
}

const product = { ...common, minifyWhitespace: true, minifySyntax: true };

async function bundle({ entries, chunks, plugins, joined }, outdir, productVersion) {
  const { metafile } = await build({
    ...product,
    metafile: true,
    entryPoints: entries.map((name) => `src/entry/${name}.ts`),
    outdir,
    plugins,
    splitting: chunks !== undefined,
    legalComments: 'linked',
    ...(chunks === undefined ? {} : { chunkNames: `${chunks}-[hash]` }),
    // A native module cannot be bundled; only the keyring's own program loads it.
    // oclif can run TypeScript commands from source; ours are built, and the compiler is seven megabytes.
    external: ['@napi-rs/keyring', 'typescript'],
    banner: chunks === undefined ? {} : { js: REQUIRE },
    define: { BEAMD_BUILD_VERSION: JSON.stringify(productVersion) },
  });
  const outputs = Object.fromEntries(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  if (joined !== undefined) await joinFiles({ folder: outdir, outputs, options: product, banner: REQUIRE, ...joined });
  return outputs;
}

async function buildTools() {
  const tools = { generate: 'scripts/generate.ts', sandbox: 'sandbox/main.ts', demo: 'sandbox/demo.ts', bench: 'bench/main.ts' };
  const there = Object.fromEntries(Object.entries(tools).filter(([, path]) => existsSync(path)));
  await swap('.build', async (outdir) => {
    await build({ ...common, entryPoints: there, outdir, packages: 'external', splitting: true, sourcemap: 'inline' });
  });
}

export async function buildAll() {
  const [outputs] = await Promise.all([buildProduct(), buildTools()]);
  // Beside the tools: it is for the size budget of `npm run check`, and nothing that is published.
  await writeFile('.build/product.json', JSON.stringify(outputs));
}
