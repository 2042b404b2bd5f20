/** Help as the build rendered it is help as oclif renders it, in every look, and is printed without oclif. */
import { execFile, spawnSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnv, PACKAGE_ROOT } from '../sandbox/testing.ts';
import { pagesFile, splitPages } from '../src/cli/help/pages.ts';
import type { findPage as FindPage } from '../src/cli/help/quick-help.ts';
import { TOPICS } from '../src/cli/help/topics.ts';
import { commandsOf, readManifest } from '../src/cli/manifest.ts';
import type { Bin } from '../src/cli/manifest.ts';
import { loadConfig } from '../src/cli/oclif.ts';
import { commandLoaders } from '../src/commands/index.ts';
import type { Ran } from './support/world.ts';

const BINS = ['beamd', 'runbeam'] as const;
const manifest = readManifest(PACKAGE_ROOT);

let folder: string;
/** The product without what has oclif in it, and the product without the pages. */
let quick: string;
let whole: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'help-'));
  quick = copyProduct('quick', (name) => !name.startsWith('frame'));
  whole = copyProduct('whole', (name) => !name.endsWith('.txt'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function copyProduct(name: string, wanted: (file: string) => boolean): string {
  const root = join(folder, name);
  mkdirSync(join(root, 'dist'), { recursive: true });
  for (const part of ['bin', 'oclif.manifest.json']) cpSync(join(PACKAGE_ROOT, part), join(root, part), { recursive: true });
  for (const file of readdirSync(join(PACKAGE_ROOT, 'dist')).filter(wanted)) {
    cpSync(join(PACKAGE_ROOT, 'dist', file), join(root, 'dist', file));
  }
  return root;
}

function run(root: string, bin: Bin, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { ...cleanEnv(folder), ...env }, timeout: 60_000 };
    execFile(process.execPath, [join(root, 'bin', `${bin}.js`), ...argv], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr });
    });
  });
}

/** What a bin is asked to be helped with, each in one of the ways to ask. */
function questions(bin: Bin): string[][] {
  const commands = [...commandsOf(manifest, bin)].flatMap(([id, { aliases }]) => [id, ...aliases]);
  const words = commands.map((id) => (bin === 'beamd' ? id.split(':') : [id]));
  const flags = ['--help', '-h'];
  return [
    ...[[], ['help'], ['--help'], ['-h'], ['--bad', '-h']],
    ...words.map((command, index) => (index % 3 === 0 ? ['help', ...command] : [...command, flags[index % 2] ?? ''])),
    ...Object.keys(TOPICS[bin]).flatMap((topic) => [[topic], [topic, '--help'], ['help', topic]]),
  ];
}

const QUESTIONS = BINS.flatMap((bin) => questions(bin).map((argv) => [bin, argv.join(' '), argv] as const));

describe.each(QUESTIONS)('%s %s', (bin, _, argv) => {
  it('is what oclif prints, without oclif', async () => {
    const [printed, rendered] = [await run(quick, bin, argv), await run(whole, bin, argv)];
    expect(printed).toEqual(rendered);
    expect([printed.code, printed.stdout.includes('\nUSAGE\n')]).toEqual([0, true]);
  });

  it('is what oclif prints in colours, on a terminal of any width', async () => {
    const program: unknown = createRequire(import.meta.url)(join(quick, 'dist', 'help.cjs'));
    const { findPage } = program as { findPage: typeof FindPage };
    const page = findPage(bin, argv, 'coloured');
    expect(page).toContain('\u001b[1mUSAGE\u001b[22m\n');
    expect((await run(whole, bin, argv, { FORCE_COLOR: '1', OCLIF_COLUMNS: '40' })).stdout).toBe(page);
  });
});

it.each(BINS)('%s has a page for everything that oclif knows', async (bin) => {
  const { commandIDs, topics } = await loadConfig(bin, manifest, PACKAGE_ROOT, commandLoaders);
  // To oclif a command is a topic too; it is the command's help that is shown.
  const groups = topics.map(({ name }) => name).filter((name) => !commandIDs.includes(name));
  const known = ['root', ...commandIDs.map((id) => `command ${id}`), ...groups.map((name) => `topic ${name}`)].sort();
  for (const look of ['plain', 'coloured'] as const) {
    const pages = splitPages(readFileSync(join(PACKAGE_ROOT, 'dist', pagesFile(bin, look)), 'utf8'));
    expect([...pages.keys()].sort()).toEqual(known);
  }
  expect(groups.filter((name) => !commandIDs.some((id) => id.startsWith(`${name}:`)))).toEqual([]);
});

it.each(BINS)('%s prints its version without oclif', async (bin) => {
  const stdout = `${bin}/${manifest.version} ${process.platform}-${process.arch} node-${process.version}\n`;
  for (const argv of [['--version'], ['-v'], ['-v', 'login']]) {
    expect(await run(quick, bin, argv)).toEqual({ code: 0, stdout, stderr: '' });
  }
});

describe('what the pages do not have', () => {
  it.each([
    ['beamd', ['nope', '--help']],
    ['beamd', ['help', 'nope']],
    ['beamd', ['agent:', '--help']],
    ['beamd', ['agent', '--json']],
    ['beamd', ['agent', 'nope', '-h']],
    ['beamd', ['root', '--help']],
    ['beamd', ['token', '--', '--help']],
    ['runbeam', ['harmony', 'nope', '--help']],
    ['runbeam', ['', 'x', '--help']],
  ] as const)('%s %j is refused as ever', async (bin, argv) => {
    const refused = await run(PACKAGE_ROOT, bin, argv);
    expect(refused).toEqual(await run(whole, bin, argv));
    expect(refused.code).not.toBe(0);
  });

  it('is left to oclif: colours that are asked for', async () => {
    for (const [argv, env] of [[['--help', '--color=256'], {}], [['--help'], { FORCE_COLOR: '1' }]] as const) {
      expect(await run(PACKAGE_ROOT, 'beamd', argv, env)).toEqual(await run(whole, 'beamd', argv, env));
    }
  });
});

it('without pages there still is help', async () => {
  const broken = copyProduct('broken', () => true);
  for (const look of ['plain', 'coloured'] as const) writeFileSync(join(broken, 'dist', pagesFile('beamd', look)), '');
  expect(await run(broken, 'beamd', ['--help'])).toEqual(await run(whole, 'beamd', ['--help']));
});

it.runIf(process.platform === 'linux')('a full disk under the help is an error', () => {
  const full = openSync('/dev/full', 'w');
  const asked = spawnSync(process.execPath, [join(quick, 'bin', 'beamd.js'), '--help'], { env: cleanEnv(folder), stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  const stderr = 'Error: The disk is full: the result could not be written to standard output\n';
  expect([asked.status, asked.stderr.toString()]).toEqual([1, stderr]);
});
