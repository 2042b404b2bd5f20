import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readManifest } from '../src/cli/routing/manifest.ts';
import { commandLoaders } from '../src/commands/index.ts';
import { describeCommands } from './manifest.ts';
import { jsonSchemas, WITHOUT_OUTPUT } from './schemas.ts';

const ROOT = join(import.meta.dirname, '..');
const manifest = await describeCommands(commandLoaders, readManifest(ROOT).version);
const commands = Object.values(manifest.commands);

test.each(commands.map((command) => [command.id, command] as const))('%s is told about whole', (id, command) => {
  expect(command.summary).toMatch(/^[A-Z].*[^.]$/);
  expect(command.examples.length).toBeGreaterThan(0);
  // A helper acts for the place that its caller names, whatever is said here.
  const onLadder = id.startsWith('beamd:') && !id.startsWith('beamd:credential:');
  const wanted = onLadder ? ['config', 'json', 'scope', 'server'] : ['json'];
  expect(Object.keys(command.flags)).toEqual(expect.arrayContaining(wanted));
  expect(WITHOUT_OUTPUT.has(id)).toBe(jsonSchemas[id] === undefined);
});

test('the manifest in the repository is the one of these commands', () => {
  expect(JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(manifest)));
});
