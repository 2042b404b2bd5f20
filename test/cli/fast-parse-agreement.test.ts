/** What the fast parser understands, oclif understands the same; everything else is left to oclif. */
import { Parser } from '@oclif/core';
import type { Command } from '@oclif/core/command';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLoaders } from '../../src/commands/index.ts';
import { buildProduct } from '../../scripts/build.ts';
import { readTelling, routeArgv } from '../../src/cli/routing/argv.ts';
import { TOPIC_SEPARATORS } from '../../src/cli/routing/manifest.ts';
import { parseRight, type Grammar } from '../../src/cli/fast-parse/parse.ts';

let folder: string;
let fast: Readonly<Record<string, () => Promise<{ default: Grammar }>>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fast-'));
  await buildProduct(join(folder, 'dist'), '0.0.0-test');
  const module: unknown = await import(pathToFileURL(join(folder, 'dist', 'cli.cjs')).href);
  fast = (module as { commandLoaders: typeof fast }).commandLoaders;
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function oclifParses(command: Command.Class, argv: readonly string[]): Promise<unknown> {
  const { baseFlags, flags, args, strict } = command;
  try {
    const parsed = await Parser.parse([...argv], { flags: { ...baseFlags, ...flags }, args, strict });
    const given = Object.entries(parsed.flags).filter(([, value]) => value !== undefined);
    return { flags: Object.fromEntries(given), args: parsed.args };
  } catch {
    return 'refused';
  }
}

/** Command lines around what the command knows: its own flags in every form, others, and odd words. */
function commandLines({ baseFlags, flags, args }: Command.Class): fc.Arbitrary<string[]> {
  const all = Object.entries({ ...baseFlags, ...flags });
  const names = all.flatMap(([name, { char, aliases = [] }]) => [
    `--${name}`,
    `--no-${name}`,
    ...aliases.map((other) => `--${other}`),
    ...(char === undefined ? [] : [`-${char}`]),
  ]);
  const values = fc.constantFrom('acme', '8081', '0', '-1', '-', '', 'a b', 'ü', 'auto', 'cloud', 'x=y', '99999');
  const word = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...names, '--json') },
    { weight: 4, arbitrary: values },
    { weight: 1, arbitrary: fc.constantFrom('--', '--bad', '--json=1', '-x', '-lx', '---', '--server', '--serverx') },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...names), values).map(([name, value]) => `${name}=${value}`) },
  );
  const choices = Object.values(args).flatMap(({ required, options = [] }) => (required === true ? options.slice(0, 1) : []));
  const needed = [...all.flatMap(([name, { required }]) => (required === true ? [`--${name}`, '8081'] : [])), ...choices];
  // In every other line what must be given is given: else nearly all of them would be refused alike.
  return fc
    .tuple(fc.boolean(), fc.array(word, { maxLength: 3 + Object.keys(args).length }))
    .map(([complete, words]) => (complete ? [...needed, ...words] : words));
}

/** Those that take as many words as there are: `exec` those of another program, and `changes:ack` ids. */
const NEVER_FAST = ['beamd:agent:forward', 'beamd:exec', 'runbeam:changes:ack'];

describe('the fast parser and oclif', () => {
  it.each(Object.keys(commandLoaders))('agree on %s', async (id) => {
    const full = (await commandLoaders[id]?.())?.default;
    const grammar = (await fast[id]?.())?.default;
    if (full === undefined || grammar === undefined) throw new Error('no such command');
    let understood = 0;
    await fc.assert(
      fc.asyncProperty(commandLines(full), async (argv) => {
        const parsed = parseRight(argv, grammar);
        if (parsed === undefined) return;
        understood += 1;
        expect({ argv, ...parsed }).toEqual({ argv, ...((await oclifParses(full, argv)) as object) });
      }),
      { numRuns: 400 },
    );
    expect(understood > 0).toBe(!NEVER_FAST.includes(id));
  });

  it.each(['beamd', 'runbeam'] as const)('find the flags of every command of %s before it and after it', async (bin) => {
    const globals = [
      ['-q', 'quiet'],
      ['--quiet', 'quiet'],
      ['-v', 'verbose'],
      ['--verbose', 'verbose'],
      ['--debug', 'debug'],
      ['--no-color', 'no-color'],
      ['--json', 'json'],
    ] as const;
    const ids = Object.keys(commandLoaders).filter((id) => id.startsWith(`${bin}:`) && !NEVER_FAST.includes(id));
    const given = fc.array(fc.constantFrom(...globals), { minLength: 1, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ids), given, fc.nat(7), async (id, flags, at) => {
        const name = id.slice(bin.length + 1);
        const grammar = (await fast[id]?.())?.default ?? {};
        const { args = {}, flags: own = {} } = grammar;
        const needed = [
          ...Object.values(args).flatMap(({ required, options = ['x'] }) => (required === true ? options.slice(0, 1) : [])),
          ...Object.entries(own).flatMap(([flag, { required }]) => (required === true ? [`--${flag}`, 'x'] : [])),
        ];
        const words = flags.map(([word]) => word);
        const line = [
          ...words.slice(0, at),
          ...name.split(':').join(TOPIC_SEPARATORS[bin]).split(' '),
          ...words.slice(at),
          ...needed,
        ];
        const { argv } = readTelling(line);
        const route = routeArgv(argv, (one) => one === name);
        const parsed = parseRight(route.argv, grammar);
        expect({ line, id: route.id }).toEqual({ line, id: name });
        const wanted = Object.fromEntries(flags.map(([, flag]) => [flag, true]));
        // A flag of ours that is repeated is taken once; --json is not one of those.
        if (words.filter((word) => word === '--json').length > 1) expect(parsed).toBeUndefined();
        else expect({ line, parsed: parsed?.flags }).toEqual({ line, parsed: expect.objectContaining(wanted) as unknown });
      }),
      { numRuns: 300 },
    );
  });

  it('leave help and what is wrong to oclif', () => {
    const grammar: Grammar = {
      flags: { server: { kind: 'text' }, all: { kind: 'switch', exclusive: ['server'] }, lines: { kind: 'number', min: 1 } },
      args: { org: {} },
    };
    const left = [
      ['--help'],
      ['-h'],
      ['--server'],
      ['--server', ''],
      ['--server', '--all'],
      ['--all', '--server', 'x'],
      ['a', 'b'],
      ['--lines', '0'],
      ['--all', '--all'],
      ['--'],
    ];
    expect(left.map((argv) => parseRight(argv, grammar))).toEqual(left.map(() => undefined));
    expect(parseRight(['acme', '--server=x', '--lines', '3'], grammar)).toEqual({
      flags: { server: 'x', lines: 3 },
      args: { org: 'acme' },
    });
  });
});
