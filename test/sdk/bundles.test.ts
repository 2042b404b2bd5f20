/** What a program that imports one function takes with it: no more than the table of docs/sdk/runbeam.md says. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown, type OutputChunk } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../sandbox/testing.ts';

let folder: string;

// In the checkout: so the package's name leads to what was built.
beforeAll(() => {
  mkdirSync(join(PACKAGE_ROOT, '.build'), { recursive: true });
  folder = mkdtempSync(join(PACKAGE_ROOT, '.build', 'bundles-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The rows of the table: what is imported, and at most how many KB it starts with, how many of them compressed, and those later. */
const ROWS = [
  ...readFileSync(join(PACKAGE_ROOT, 'docs/sdk/runbeam.md'), 'utf8').matchAll(
    /^\| `import \{ (\w+) \} from '(@beamd\/cli\/\w+)'` \| (\S+) \| (\S+) \| (\S+) \|$/gm,
  ),
].map(([, name = '', from = '', ...most]) => ({ name, from, most: most.slice(0, 3).map(Number) }));

const bytesOf = (code: string): number => Buffer.byteLength(code);

const inKb = (bytes: number): number => bytes / 1000;

/** Minified, as a bundler for Node makes it: what the program begins with, and what it loads once it is needed. */
async function sizesOf(name: string, from: string): Promise<number[]> {
  const input = join(folder, `${name}.mjs`);
  writeFileSync(input, `import { ${name} } from '${from}';\nconsole.log(${name});\n`);
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'es', minify: true });
  await bundle.close();
  const chunks = output.filter((file): file is OutputChunk => file.type === 'chunk');
  const first = new Set<string>();
  const add = (chunk: OutputChunk | undefined): void => {
    if (chunk === undefined || first.has(chunk.fileName)) return;
    first.add(chunk.fileName);
    for (const next of chunk.imports) add(chunks.find(({ fileName }) => fileName === next));
  };
  add(chunks.find(({ isEntry }) => isEntry));
  const sum = (of: readonly OutputChunk[], size: (code: string) => number): number =>
    inKb(of.reduce((all, { code }) => all + size(code), 0));
  const begun = chunks.filter(({ fileName }) => first.has(fileName));
  const later = chunks.filter(({ fileName }) => !first.has(fileName));
  return [sum(begun, bytesOf), sum(begun, (code) => gzipSync(code).length), sum(later, bytesOf)];
}

it('the table has rows of both entries', () => {
  expect(new Set(ROWS.map(({ from }) => from))).toEqual(new Set(['@beamd/cli/agent', '@beamd/cli/runbeam']));
});

it.each(ROWS)('$name', async ({ name, from, most }) => {
  const sizes = await sizesOf(name, from);
  const over = sizes.map((size, index) => Math.max(0, size - (most[index] ?? 0)));
  expect({ sizes, over }).toEqual({ sizes, over: [0, 0, 0] });
  // A table that says far more than there is tells nobody anything.
  expect(sizes[0]).toBeGreaterThan((most[0] ?? 0) * 0.75);
});
