import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readManifest } from '../src/cli/routing/manifest.ts';
import { commandLoaders } from '../src/commands/index.ts';
import { describeCommands } from './manifest.ts';
import { commandReference, replaceBetween } from './reference.ts';
import { jsonSchemas, WITHOUT_OUTPUT } from './schemas.ts';

const ROOT = join(import.meta.dirname, '..');
const manifest = await describeCommands(commandLoaders, readManifest(ROOT).version);
const commands = Object.values(manifest.commands);

test.each(commands.map((command) => [command.id, command] as const))('%s is told about whole', (id, command) => {
  expect(command.summary).toMatch(/^[A-Z].*[^.]$/);
  expect(command.examples.length).toBeGreaterThan(0);
  const wanted = id.startsWith('beamd:') ? ['config', 'json', 'scope', 'server'] : ['json'];
  expect(Object.keys(command.flags)).toEqual(expect.arrayContaining(wanted));
  expect(WITHOUT_OUTPUT.has(id)).toBe(jsonSchemas[id] === undefined);
});

test('the manifest in the repository is the one of these commands', () => {
  expect(JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(manifest)));
});

test('the reference tells what a command takes', () => {
  const reference = commandReference('beamd', {
    version: '1.0.0',
    commands: {
      'beamd:agent:log': {
        id: 'beamd:agent:log',
        aliases: ['logs'],
        hiddenAliases: [],
        hidden: false,
        strict: true,
        summary: 'Show the log',
        examples: ['<%= config.bin %> agent log -n 3'],
        flags: {
          lines: { name: 'lines', type: 'option', char: 'n', helpValue: 'N', summary: 'How many | lines', default: 100 },
          json: { name: 'json', type: 'boolean' },
        },
        args: { which: { name: 'which' } },
      },
      'runbeam:login': {
        id: 'runbeam:login',
        aliases: [],
        hiddenAliases: [],
        hidden: false,
        strict: true,
        examples: [],
        flags: {},
        args: {},
      },
    },
  });
  expect(reference).toBe(
    [
      '- [`beamd agent log`](#beamd-agent-log): Show the log',
      '### `beamd agent log`',
      'Show the log.',
      'Also: `beamd logs`.',
      '```sh\nbeamd agent log [WHICH] [FLAGS]\n```',
      '| flag | |\n|---|---|\n| `-n`, `--lines N` | How many \\| lines [default: 100] |',
      '```sh\nbeamd agent log -n 3\n```',
    ].join('\n\n'),
  );
});

test('only what stands between the markers is replaced', () => {
  const document = 'a\n<!-- x -->\nold\n<!-- /x -->\nb\n';
  expect(replaceBetween(document, 'x', 'new')).toBe('a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb\n');
  expect(replaceBetween(document, 'y', 'new')).toBeUndefined();
});
