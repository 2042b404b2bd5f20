/** Builds dist/: what the two bins load, the background programs, man pages, completions, and the licenses of what is bundled. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { rolldown, type Plugin } from 'rolldown';
import { completionFile, completionScript, SHELLS } from '../src/cli/complete/scripts.ts';
import { LICENSES_FILE } from '../src/cli/routing/manifest.ts';
import { BINS } from '../src/cli/help/words.ts';
import { buildLibrary } from './library.ts';
import { licenseNotice, packagesOf, standaloneNotice, type BundledPackage } from './licenses.ts';
import { manPages } from './man.ts';
import { writtenManifest } from './manifest.ts';
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
  await make(fresh).catch(async (error: unknown) => {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  });
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

/** What the streams of an executable are instead of Bun's: see src/entry/direct-streams.ts. */
const STREAMS = Object.fromEntries(['stdout', 'stderr'].map((name) => [`process.${name}`, `globalThis.BEAMD_${name}`]));

/** Colours are chosen by a library that reaches for the streams in a way of its own. */
const streamsOfColours: Plugin = {
  name: 'streams-of-colours',
  transform: (code, id) =>
    id.includes('/ansis/') ? code.replaceAll(/\b\w+\.(stdout|stderr)\?\./g, 'globalThis.BEAMD_$1?.') : null,
};

/** A native module cannot be bundled; only the keyring's own program loads it. */
const NATIVE = '@napi-rs/keyring';

/** All of them in one: what an executable begins with. */
const STANDALONE: readonly Program[] = [
  ...PROGRAMS.map((program) => ({ ...program, plugins: [...(program.plugins ?? []), streamsOfColours] })),
  { name: 'native-keyring' },
  { name: 'standalone', plugins: [other('cli', 'agent', 'worker', 'keyring')] },
];

/**
 * Builds the product into `folder` and returns whose work is in it. `version` other than package.json's: only tests build
 * one, to meet an agent of another version. `day` is that of a release, `2026-01-31`; other builds are of none. Throws for
 * what may not be bundled.
 */
export async function buildProduct(
  folder = join(ROOT, 'dist'),
  version = packageVersion(),
  day?: string,
): Promise<BundledPackage[]> {
  const define = { BEAMD_STANDALONE: 'undefined', BEAMD_MANIFEST: 'undefined', BEAMD_LICENSES: 'undefined' };
  let packages: BundledPackage[] = [];
  await swap(folder, async (fresh) => {
    const programs = await bundleAll(PROGRAMS, fresh, version, { native: NATIVE, define });
    const library = await buildLibrary(join(fresh, 'sdk'), { ...define, BEAMD_BUILD_VERSION: JSON.stringify(version) });
    packages = packagesOf(new Set([...programs, ...library]));
    await writeFile(join(fresh, LICENSES_FILE), licenseNotice(packages));
    await writeAll(join(fresh, 'man'), manPages({ ...writtenManifest(), version }, day));
    await writeAll(join(fresh, 'completions'), completions());
  });
  return packages;
}

/** Where a file of the bundle is: there is no such place for one in an executable. */
const NOWHERE = ['__dirname', '__filename', 'import.meta.dirname', 'import.meta.filename'];

/** Bundles what an executable is made of. For which system it is to be stays open: `BEAMD_STANDALONE` is left as a name. */
export async function bundleStandalone(folder: string, version = packageVersion()): Promise<void> {
  const native = './native-keyring.cjs';
  const define = {
    BEAMD_MANIFEST: JSON.stringify(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')),
    BEAMD_LICENSES: '""',
    // Nothing lies beside it; the path it was built at would be put in.
    ...Object.fromEntries(NOWHERE.map((name) => [name, '"/"'])),
    ...STREAMS,
  };
  await swap(folder, async (fresh) => {
    const modules = await bundleAll(STANDALONE, fresh, version, { native, define });
    const notice = standaloneNotice(packagesOf(modules));
    // Only now it is known what the notice says: what prints it is made once more.
    const printing = STANDALONE.filter(({ name }) => name === 'oclif');
    await bundleAll(printing, fresh, version, { native, define: { ...define, BEAMD_LICENSES: JSON.stringify(notice) } });
  });
}

/** What differs between the two ways to get the product. */
interface Delivery {
  /** What is loaded for the native module. */
  readonly native: string;
  readonly define: Readonly<Record<string, string>>;
}

async function writeAll(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, content] of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

function completions(): Map<string, string> {
  return new Map(BINS.flatMap((bin) => SHELLS.map((shell) => [completionFile(bin, shell), completionScript(bin, shell)])));
}

/** Bundles programs into a folder; returns the modules in them. */
async function bundleAll(programs: readonly Program[], dir: string, version: string, delivery: Delivery): Promise<Set<string>> {
  const modules = new Set<string>();
  for (const program of programs) for (const id of await bundle(program, dir, version, delivery)) modules.add(id);
  return modules;
}

/** One program; returns the modules in it. CommonJS: Node 20 takes 5 ms to start its loader of ES modules. */
async function bundle(
  { name, plugins = [], together = [] }: Program,
  dir: string,
  version: string,
  { native, define }: Delivery,
): Promise<string[]> {
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
  const { output } = await made.write({
    dir,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: `${name}-[name]-[hash].cjs`,
    minify: { compress: true, mangle: true, codegen: true },
    codeSplitting: { groups: [{ name: 'everyday', test: (id) => chosen.has(id) }] },
  });
  await made.close();
  return output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
}
