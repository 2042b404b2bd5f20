// Bundles what the two bins load, and the background programs, into dist/, and the tools of the repository into .build/.
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const { version } = JSON.parse(await readFile('package.json', 'utf8'));

const NODE = 'node20.19';

/** Written beside, then swapped in: an agent that runs from the old files keeps them until then. */
async function swap(folder, make) {
  const fresh = `${folder}.new-${process.pid}`;
  const old = `${folder}.old-${process.pid}`;
  await make(fresh);
  if (existsSync(folder)) await rename(folder, old);
  await rename(fresh, folder);
  await rm(old, { recursive: true, force: true });
}

/** Leaves an import to another program: the file that `to` gives for it is loaded when it is needed. */
function leave(name, to) {
  return { name, resolveId: (source) => (to[source] === undefined ? null : { id: to[source], external: true }) };
}

/** What is loaded on demand from another program is CommonJS too, and `import` would start the loader of ES modules. */
const required = {
  name: 'required',
  renderChunk: (code) => code.replaceAll(/\bimport\(("\.\/[\w-]+\.cjs")\)/g, 'Promise.resolve().then(() => require($1))'),
};

/** The everyday program parses with `src/cli/fast-parse` in oclif's place. */
const fastParse = {
  name: 'fast-parse',
  resolveId(source) {
    return /^@oclif\/core\/(?:command|flags|args)$/.test(source) ? resolve('src/cli/fast-parse', `${basename(source)}.ts`) : null;
  },
};

/** What a usual call of an everyday command loads on demand: it is loaded with the rest, as one file. */
const EVERYDAY = [
  'src/cli/command/context.ts',
  ...['token', 'whoami', 'orgs', 'default', 'status'].map((name) => `src/commands/beamd/${name}.ts`),
];

/** What a worker loads on demand to open a session: an agent's first token waits for it. */
const LOAD = ['src/store/secrets/secret-stores.ts'];

/** `together` names modules that are loaded on demand, but from one file with the program. */
const PROGRAMS = [
  { name: 'cli', plugins: [fastParse, leave('oclif', { './oclif.ts': './oclif.cjs' })], together: EVERYDAY },
  { name: 'oclif' },
  { name: 'agent' },
  { name: 'worker', together: LOAD },
  { name: 'keyring' },
];

/**
 * `version` other than package.json's: only tests build one, to meet an agent of another version.
 */
export async function buildProduct(folder = 'dist', productVersion = version) {
  await swap(folder, async (outdir) => {
    for (const program of PROGRAMS) await bundle(program, outdir, productVersion);
  });
}

/**
 * One program. CommonJS: Node 20 takes 5 ms to start its loader of ES modules.
 */
async function bundle({ name, plugins = [], together = [] }, dir, productVersion) {
  const chosen = new Set(together.map((path) => resolve(path)));
  const made = await rolldown({
    input: { [name]: `src/entry/${name}.ts` },
    platform: 'node',
    // A native module cannot be bundled; only the keyring's own program loads it.
    // oclif can run TypeScript commands from source; ours are built, and the compiler is seven megabytes.
    external: ['@napi-rs/keyring', 'typescript'],
    plugins: [...plugins, required],
    transform: { target: NODE, define: { BEAMD_BUILD_VERSION: JSON.stringify(productVersion) } },
    logLevel: 'warn',
    // Which of two imports makes a module load is the program's affair: one may be of the everyday file.
    checks: { ineffectiveDynamicImport: false },
  });
  await made.write({
    dir,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: `${name}-[name]-[hash].cjs`,
    minify: { compress: true, mangle: true, codegen: true },
    codeSplitting: { groups: [{ name: 'everyday', test: (id) => chosen.has(id) }] },
  });
  await made.close();
}

async function buildTools() {
  const tools = { generate: 'scripts/generate.ts', sandbox: 'sandbox/main.ts', demo: 'sandbox/demo.ts', bench: 'bench/main.ts' };
  const input = Object.fromEntries(Object.entries(tools).filter(([, path]) => existsSync(path)));
  await swap('.build', async (dir) => {
    const made = await rolldown({ input, platform: 'node', external: /^[^./]/, transform: { target: NODE }, logLevel: 'warn' });
    await made.write({ dir, format: 'esm', sourcemap: 'inline' });
    await made.close();
  });
}

export async function buildAll() {
  await Promise.all([buildProduct(), buildTools()]);
}
