/** Command lines that are nearly right, and streams that take nothing: what a script must be able to rely on. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../sandbox/testing.ts';
import { createWorld, NODE, type World } from './support/world.ts';

let world: World;

beforeAll(() => {
  world = createWorld({ env: { BEAMD_TOKEN: 'of-the-environment', BEAMD_SERVER: 'edge.example.com' } });
});
afterAll(async () => {
  await world.close();
});

describe('a command typed with a space', () => {
  it.each([
    ['token get -g x --raw', 'token get', 'token:get'],
    ['harmony list', 'harmony list', 'harmony:list'],
    ['config get api-url', 'config get', 'config:get'],
  ])('runbeam %s: no help on stdout with exit code 0', async (line, typed, meant) => {
    expect(await world.runbeam(...line.split(' '))).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: runbeam has no command named "${typed}"\nRun: runbeam ${meant}\n`,
    });
  });

  it('a topic alone shows its commands, and is an error where JSON is wanted', async () => {
    const help = await world.beamd('agent');
    expect([help.code, help.stdout.includes('agent status')]).toEqual([0, true]);
    const json = await world.beamd('agent', '--json');
    expect(json).toEqual({
      code: 2,
      stderr: '',
      stdout: `${JSON.stringify({ error: { code: 'usage', message: 'beamd has no command named "agent"', hint: 'beamd agent --help' } }, null, 2)}\n`,
    });
  });
});

describe('a full disk under standard output', () => {
  it.each(['token --json', 'accounts', 'accounts --json', 'nope --json'])('beamd %s says so on stderr', async (line) => {
    const said = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      const shell = `"$0" "$1" ${line} > /dev/full`;
      execFile('sh', ['-c', shell, NODE, join(PACKAGE_ROOT, 'bin/beamd.js')], { env: world.env, cwd: world.work }, (error, _, stderr) => {
        resolve({ code: error?.code, stderr });
      });
    });
    expect(said).toEqual({
      code: line.startsWith('nope') ? 2 : 1,
      stderr: 'Error: The disk is full: the result could not be written to standard output\n',
    });
  });
});
