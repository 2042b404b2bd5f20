/** Bundles the product into dist/: what the two bins load, and the background programs. */
import { existsSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { rolldown, type Plugin } from 'rolldown';
import { packageVersion, ROOT } from './repository.ts';

const NODE = 'node20.19';

interface Program {
  /** Its source is `src/entry/<name>.ts`, and it becomes `<name>.cjs`. */
  readonly name: string;
  readonly plugins?: readonly Plugin[];
  /** Modules that are loaded on demand, but from one file with the program. */
  readonly together?: readonly string[];
}

/** Written beside, then swapped in: an agent that runs from the old files keeps them until then. */
async function swap(folder: string, make: (fresh: string) => Promise<void>): Promise<void> {
  const fresh = `${folder}.new-${process.pid}`;
  const old = `${folder}.old-${process.pid}`;
  await make(fresh);
  if (existsSync(folder)) await rename(folder, old);
  await rename(fresh, folder);
  await rm(old, { recursive: true, force: true });
}

/** Files of other programs that are loaded, when they are needed, in place of what is imported. */
const elsewhere = (files: Readonly<Record<string, string>>): Plugin => ({
  name: 'elsewhere',
  resolveId(source) {
    const id = Object.hasOwn(files, source) ? files[source] : undefined;
    return id === undefined ? null : { id, external: true };
  },
});

const other = (...names: readonly string[]): Plugin =>
  elsewhere(Object.fromEntries(names.map((name) => [`./${name}.ts`, `./${name}.cjs`])));

/** What is loaded on demand from another program is CommonJS too, and `import` would start the loader of ES modules. */
const required: Plugin = {
  name: 'required',
  renderChunk: (code) => code.replaceAll(/\bimport\(("\.\/[\w-]+\.cjs")\)/g, 'Promise.resolve().then(() => require($1))'),
};

/** The everyday program parses with `src/cli/fast-parse` in oclif's place. */
const fastParse: Plugin = {
  name: 'fast-parse',
  resolveId(source) {
    if (!/^@oclif\/core\/(?:command|flags|args)$/.test(source)) return null;
    return join(ROOT, 'src/cli/fast-parse', `${basename(source)}.ts`);
  },
};

/** What shortens the stack of an error that oclif prints. Ours are printed without it, and it looks for a home folder at once. */
const SHORTENER = 'clean-stack';

/** oclif looks for commands in a folder and can run them from TypeScript; ours are known, and the compiler is seven megabytes. */
const UNUSED = new Set(['typescript', 'tinyglobby']);

/** oclif does not ask the system who this user is: see the file that takes the place of the one that would. */
const surroundings: Plugin = {
  name: 'surroundings',
  resolveId(source, importer) {
    if (importer?.includes('@oclif') !== true) return null;
    if (source === SHORTENER || UNUSED.has(source)) return `\0${source}`;
    return source === '../util/os' ? join(ROOT, 'src/cli/oclif/surroundings.ts') : null;
  },
  load(id) {
    if (id === `\0${SHORTENER}`) return 'export default (stack) => stack;';
    return id.startsWith('\0') && UNUSED.has(id.slice(1)) ? 'export {};' : null;
  },
};

/** What a usual call of an everyday command loads on demand: it is loaded with the rest, as one file. */
const EVERYDAY = [
  'src/cli/command/context.ts',
  'src/agent/client/client.ts',
  'src/store/accounts/account-reader.ts',
  ...['token', 'whoami', 'orgs', 'default', 'status'].map((name) => `src/commands/beamd/${name}.ts`),
];

/** What a worker loads on demand to open a session: an agent's first token waits for it. */
const LOAD = ['src/store/secrets/secret-stores.ts'];

const PROGRAMS: readonly Program[] = [
  { name: 'cli', plugins: [fastParse, other('oclif')], together: EVERYDAY },
  { name: 'oclif', plugins: [surroundings] },
  { name: 'agent' },
  { name: 'worker', together: LOAD },
  { name: 'keyring' },
];

/** A native module cannot be bundled; only the keyring's own program loads it. */
const NATIVE = '@napi-rs/keyring';

/** All of them in one: what an executable begins with. */
const STANDALONE: readonly Program[] = [
  ...PROGRAMS,
  { name: 'native-keyring' },
  { name: 'standalone', plugins: [other('cli', 'agent', 'worker', 'keyring')] },
];

/**
 * Bundles the product into `folder`. `version` other than package.json's: only tests build one, to meet an agent of
 * another version.
 */
export async function buildProduct(folder = join(ROOT, 'dist'), version = packageVersion()): Promise<void> {
  const define = { BEAMD_STANDALONE: 'undefined', BEAMD_MANIFEST: 'undefined' };
  const native = NATIVE;
  await swap(folder, async (fresh) => {
    for (const program of PROGRAMS) await bundle(program, fresh, version, { native, define });
  });
}

/** Where a file of the bundle is: there is no such place for one in an executable. */
const NOWHERE = ['__dirname', '__filename', 'import.meta.dirname', 'import.meta.filename'];

/** Bundles what an executable is made of. For which system it is to be stays open: `BEAMD_STANDALONE` is left as a name. */
export async function bundleStandalone(folder: string, version = packageVersion()): Promise<void> {
  const native = './native-keyring.cjs';
  const define = {
    BEAMD_MANIFEST: JSON.stringify(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')),
    // Nothing lies beside it; the path it was built at would be put in.
    ...Object.fromEntries(NOWHERE.map((name) => [name, '"/"'])),
  };
  await swap(folder, async (fresh) => {
    for (const program of STANDALONE) await bundle(program, fresh, version, { native, define });
  });
}

/** What differs between the two ways to get the product. */
interface Delivery {
  /** What is loaded for the native module. */
  readonly native: string;
  readonly define: Readonly<Record<string, string>>;
}

/** One program. CommonJS: Node 20 takes 5 ms to start its loader of ES modules. */
async function bundle(
  { name, plugins = [], together = [] }: Program,
  dir: string,
  version: string,
  { native, define }: Delivery,
): Promise<void> {
  const chosen = new Set(together.map((path) => resolve(ROOT, path)));
  const made = await rolldown({
    cwd: ROOT,
    input: { [name]: `src/entry/${name}.ts` },
    platform: 'node',
    plugins: [...plugins, elsewhere({ [NATIVE]: native }), required],
    transform: { target: NODE, define: { BEAMD_BUILD_VERSION: JSON.stringify(version), ...define } },
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
