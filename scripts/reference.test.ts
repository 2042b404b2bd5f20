import { expect, test } from 'vitest';
import type { GeneratedManifest, ManifestCommand, ManifestFlag } from './manifest.ts';
import { commandReference, shapesPage } from './reference.ts';

const json: ManifestFlag = { name: 'json', type: 'boolean', summary: 'Print JSON' };

function command(id: string, more: Partial<ManifestCommand> = {}): ManifestCommand {
  const plain = { aliases: [], hiddenAliases: [], hidden: false, strict: true, examples: [], args: {} };
  return { ...plain, id, ...more, flags: { ...more.flags, json } };
}

function manifestOf(...commands: ManifestCommand[]): GeneratedManifest {
  return { version: '1.0.0', commands: Object.fromEntries(commands.map((one) => [one.id, one])) };
}

const log = command('beamd:agent:log', {
  aliases: ['logs'],
  summary: 'Show the log',
  description: '* marks the newest.',
  examples: ['<%= config.bin %> agent log -n 3'],
  flags: { lines: { name: 'lines', type: 'option', char: 'n', helpValue: 'N|-', summary: 'How many | lines', default: 100 } },
  args: { which: { name: 'which', description: 'Which log' } },
});

const manifest = manifestOf(
  log,
  command('beamd:token', { summary: 'Print a token.' }),
  command('beamd:check', { hidden: true, summary: 'Check' }),
  command('runbeam:harmony:add', { summary: 'Add' }),
);

const pages = commandReference(manifest, new Set(['beamd:agent:log', 'error']));

test('there is a page for each bin and for each topic that has commands, and an index', () => {
  expect([...pages.keys()]).toEqual(['README.md', 'beamd.md', 'beamd-agent.md', 'runbeam-harmony.md']);
});

test('a page tells what a command takes, and what all of them take only once', () => {
  expect(pages.get('beamd-agent.md')).toBe(
    [
      '<!-- Written by `npm run generate` from the commands in src/commands. -->',
      '# `beamd agent`',
      '- [`beamd agent log`](#beamd-agent-log): Show the log',
      'Every command of `beamd` takes:',
      '| flag | what it does |\n|---|---|\n| `--json` | Print JSON |',
      '## `beamd agent log`',
      'Show the log.',
      '\\* marks the newest.',
      'Also: `beamd logs`.',
      '```sh\nbeamd agent log [WHICH] [FLAGS]\n```',
      '| argument | what it is |\n|---|---|\n| `WHICH` | Which log |',
      '| flag | what it does |\n|---|---|\n| `-n`, `--lines N\\|-` | How many \\| lines [default: 100] |',
      '```sh\nbeamd agent log -n 3\n```',
      'With `--json`: [beamd.agent.log.json](../json/beamd.agent.log.json).\n',
    ].join('\n\n'),
  );
});

test('the index names every command that is not hidden', () => {
  expect(pages.get('README.md')).toBe(
    [
      '<!-- Written by `npm run generate` from the commands in src/commands. -->',
      '# Commands',
      'Every command with its flags. `COMMAND --help` shows the same in a terminal.',
      '## [`beamd`](beamd.md)',
      '- [`beamd token`](beamd.md#beamd-token): Print a token',
      '## [`beamd agent`](beamd-agent.md)',
      '- [`beamd agent log`](beamd-agent.md#beamd-agent-log): Show the log',
      '## [`runbeam harmony`](runbeam-harmony.md)',
      '- [`runbeam harmony:add`](runbeam-harmony.md#runbeam-harmonyadd): Add\n',
    ].join('\n\n'),
  );
});

test('a flag that differs from command to command is told about at each', () => {
  const other = { ...json, summary: 'Print something else' };
  const text = commandReference(
    manifestOf(command('beamd:a', { summary: 'A' }), { ...command('beamd:b', { summary: 'B' }), flags: { json: other } }),
    new Set(),
  ).get('beamd.md');
  expect(text).not.toContain('Every command of');
  expect(text).toContain('| `--json` | Print JSON |');
  expect(text).toContain('| `--json` | Print something else |');
});

test('the page of shapes has each that a command which is shown prints', () => {
  const rows = shapesPage(manifest, new Set(['beamd:agent:log', 'beamd:agent:log.jsonl', 'beamd:check', 'error']))
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows).toEqual([
    '| `beamd agent log --json` | [beamd.agent.log.json](json/beamd.agent.log.json) |',
    '| `beamd agent log --jsonl` | [beamd.agent.log.jsonl.json](json/beamd.agent.log.jsonl.json) |',
  ]);
});
