// Bundles what the two bins load, and the background programs, into dist/, and the tools of the repository into .build/.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';

const { version } = JSON.parse(await readFile('package.json', 'utf8'));

const NODE = 'node20.19';

const run = promisify(execFile);

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

/** The quick program parses with `src/cli/light` in oclif's place. */
const light = {
  name: 'light',
  resolveId(source) {
    return /^@oclif\/core\/(?:command|flags|args)$/.test(source) ? resolve('src/cli/light', `${basename(source)}.ts`) : null;
  },
};

/** What a usual call of an everyday command loads on demand: it is loaded with the rest, as one file. */
const EVERYDAY = [
  'src/cli/light/run-quickly.ts',
  'src/cli/run-guarded.ts',
  'src/cli/context.ts',
  'src/store/account-reader.ts',
  ...['whoami', 'orgs', 'default', 'status'].map((name) => `src/commands/beamd/${name}.ts`),
];

/** What a worker loads on demand to read a session: an agent's first token waits for it. */
const LOAD = ['src/store/account-credential.ts', 'src/store/account-reader.ts'];

/** `together` names modules that are loaded on demand, but from one file with the program. */
const PROGRAMS = [
  { name: 'token', plugins: [leave('others', { './quick.ts': './quick.cjs', './start.ts': './start.cjs' })] },
  { name: 'start', source: 'src/hot/start.ts' },
  { name: 'help' },
  { name: 'quick', plugins: [light, leave('others', { './frame.ts': './frame.cjs', './help.ts': './help.cjs' })], together: EVERYDAY },
  { name: 'frame' },
  { name: 'agent' },
  { name: 'worker', together: LOAD },
  { name: 'keyring' },
];

/**
 * `version` other than package.json's: only tests build one, to meet an agent of another version. Resolves to what the
 * files are made of: for each its bytes, the modules in it with theirs, and the files it loads at once.
 */
export async function buildProduct(folder = 'dist', productVersion = version) {
  const files = {};
  await swap(folder, async (outdir) => {
    for (const program of PROGRAMS) Object.assign(files, await bundle(program, outdir, productVersion));
    await renderHelp(outdir);
  });
  return files;
}

/** The help pages, by the new program itself: as on no terminal, and as on one with colours; with nobody's own colours. */
async function renderHelp(dir) {
  // The manifest is made by a tool of the same build.
  if (!existsSync('oclif.manifest.json')) return;
  const script = 'require(process.argv[1]).writeHelp(...process.argv.slice(2))';
  for (const [look, FORCE_COLOR] of [['plain', '0'], ['coloured', '1']]) {
    const env = { FORCE_COLOR, HOME: dir, BEAMD_DISABLE_THEME: '1', RUNBEAM_DISABLE_THEME: '1' };
    await run(process.execPath, ['-e', script, resolve(dir, 'frame.cjs'), '.', dir, look], { env });
  }
}

/**
 * One program. CommonJS: Node 20 takes 5 ms to start its loader of ES modules, as long as the whole of `beamd token`.
 */
async function bundle({ name, source = `src/entry/${name}.ts`, plugins = [], together = [] }, dir, productVersion) {
  const chosen = new Set(together.map((path) => resolve(path)));
  const made = await rolldown({
    input: { [name]: source },
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
  const { output } = await made.write({
    dir,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: `${name}-[name]-[hash].cjs`,
    minify: { compress: true, mangle: true, codegen: true },
    codeSplitting: { groups: [{ name: 'everyday', test: (id) => chosen.has(id) }] },
  });
  await made.close();
  return Object.fromEntries(output.filter(({ type }) => type === 'chunk').map((chunk) => [chunk.fileName, contentsOf(chunk)]));
}

function contentsOf({ code, imports, modules }) {
  const sizes = Object.entries(modules).map(([id, { renderedLength }]) => [relative('.', id), renderedLength]);
  return { bytes: Buffer.byteLength(code), imports, modules: Object.fromEntries(sizes) };
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
  const [files] = await Promise.all([buildProduct(), buildTools()]);
  // Beside the tools: it is for the size budget of `npm run check`, and nothing that is published.
  await writeFile('.build/product.json', JSON.stringify(files));
}
