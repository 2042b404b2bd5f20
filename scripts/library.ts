/** The library: dist/sdk, for `import` and for `require`, and its declarations, which are tracked: they are what is promised. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { pureCalls } from './pure-calls.ts';
import { packPackage } from './package.ts';
import { ROOT } from './repository.ts';
import { runTool } from './tools.ts';

/** What programs import of the package: `@beamd/cli/<name>`, from `src/sdk/<name>.ts`. */
const ENTRIES = ['runbeam', 'agent'] as const;

/**
 * Declarations, one file for each entry. Whoever changes what programs see changes one of them, and so it is looked at; the
 * published types are these files.
 */
export const API = join(ROOT, 'docs/sdk/api');

interface Format {
  readonly format: 'es' | 'cjs';
  readonly end: string;
  readonly types: string;
}

const FORMATS: readonly Format[] = [
  { format: 'es', end: 'mjs', types: 'd.mts' },
  { format: 'cjs', end: 'cjs', types: 'd.cts' },
];

/** Bundles the library into `folder` for every way to load it; returns the modules in it. */
export async function buildLibrary(folder: string, define: Readonly<Record<string, string>>): Promise<Set<string>> {
  const modules = new Set<string>();
  mkdirSync(folder, { recursive: true });
  for (const name of ENTRIES) {
    for (const format of FORMATS) for (const id of await bundleEntry(name, folder, format, define)) modules.add(id);
  }
  return modules;
}

/** One entry in one format, and its declarations beside it; returns the modules in it. */
async function bundleEntry(
  name: string,
  dir: string,
  { format, end, types }: Format,
  define: Readonly<Record<string, string>>,
): Promise<string[]> {
  const made = await rolldown({
    cwd: ROOT,
    input: { [name]: `src/sdk/${name}.ts` },
    platform: 'node',
    plugins: [pureCalls],
    transform: { target: 'node20.19', define },
    logLevel: 'warn',
    checks: { ineffectiveDynamicImport: false },
  });
  const files = { entryFileNames: `[name].${end}`, chunkFileNames: `${name}-[name]-[hash].${end}` };
  const { output } = await made.write({ dir, format, ...files });
  await made.close();
  const declared = join(API, `${name}.d.ts`);
  // Absent only until an entry that is new was generated.
  if (existsSync(declared)) copyFileSync(declared, join(dir, `${name}.${types}`));
  return output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
}

/** The declarations as the source has them now, by the path where they are tracked. */
export function libraryTypes(): Map<string, string> {
  mkdirSync(join(ROOT, '.build'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.build', 'types-'));
  try {
    const status = runTool('library', '../types.mjs', [folder, ...ENTRIES.map((name) => `${name}=src/sdk/${name}.ts`)]);
    if (status !== 0) throw new Error('The declarations of the library could not be made');
    return new Map(ENTRIES.map((name) => [join(API, `${name}.d.ts`), readFileSync(join(folder, `${name}.d.ts`), 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What publint and attw have against the package as it is published, a line for each that has something; they print it. */
export function checkPackage(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  try {
    const packed = packPackage({ dist: join(ROOT, 'dist'), into: folder });
    // Node's two ways to resolve are promised, and bundlers go by the same map; what came before `exports` is not.
    const programs: readonly (readonly [string, ...string[]])[] = [
      ['publint/src/cli.js', packed, '--strict'],
      ['@arethetypeswrong/cli/dist/index.js', packed, '--profile', 'node16', '--quiet', '--no-emoji'],
    ];
    const failed = programs.filter(([program, ...args]) => runTool('library', program, args) !== 0);
    return failed.map(([program]) => `${program.split('/dist/')[0]?.split('/src/')[0] ?? program} found something`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
