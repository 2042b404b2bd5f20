// Bundles the two bins and their background programs into dist/, and the tools of the repository into .build/.
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

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

/** `version` other than package.json's: only tests build one, to meet an agent of another version. */
export async function buildProduct(folder = 'dist', productVersion = version) {
  await swap(folder, async (outdir) => {
    const result = await build({
      ...common,
      entryPoints: ['beamd', 'runbeam', 'agent', 'worker', 'keyring'].map((name) => `src/entry/${name}.ts`),
      outdir,
      splitting: true,
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: 'linked',
      chunkNames: 'chunk-[hash]',
      // A native module cannot be bundled; only the keyring's own program loads it.
      // oclif can run TypeScript commands from source; ours are built, and the compiler is seven megabytes.
      external: ['@napi-rs/keyring', 'typescript'],
      banner: { js: REQUIRE },
      define: { BEAMD_BUILD_VERSION: JSON.stringify(productVersion) },
      metafile: true,
    });
    await writeFile(`${outdir}/metafile.json`, JSON.stringify(result.metafile));
  });
}

async function buildTools() {
  const tools = { generate: 'scripts/generate.ts', sandbox: 'sandbox/main.ts', demo: 'sandbox/demo.ts' };
  const there = Object.fromEntries(Object.entries(tools).filter(([, path]) => existsSync(path)));
  await swap('.build', async (outdir) => {
    await build({ ...common, entryPoints: there, outdir, packages: 'external', splitting: true, sourcemap: 'inline' });
  });
}

export async function buildAll() {
  await Promise.all([buildProduct(), buildTools()]);
}
