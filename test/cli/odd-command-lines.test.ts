/** Command lines that are nearly right, and streams that take nothing: what a script must be able to rely on. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../sandbox/testing.ts';
import { until } from '../support/measure.ts';
import { logInWithToken } from '../support/login.ts';
import { createCliUser, NODE, type CliUser } from '../support/cli-user.ts';

let user: CliUser;

beforeAll(() => {
  user = createCliUser({ env: { BEAMD_TOKEN: 'of-the-environment', BEAMD_SERVER: 'edge.example.com' } });
});
afterAll(async () => {
  await user.close();
});

describe('a command typed with a space', () => {
  it.each([
    ['token get -g x --raw', 'token get', 'token:get'],
    ['harmony list', 'harmony list', 'harmony:list'],
    ['config get api-url', 'config get', 'config:get'],
  ])('runbeam %s: no help on stdout with exit code 0', async (line, typed, meant) => {
    expect(await user.runbeam(...line.split(' '))).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: runbeam has no command named "${typed}"\nRun: runbeam ${meant}\n`,
    });
  });

  it('a topic alone shows its commands, and is an error where JSON is wanted', async () => {
    const help = await user.beamd('agent');
    expect([help.code, help.stdout.includes('agent status')]).toEqual([0, true]);
    const json = await user.beamd('agent', '--json');
    expect(json).toEqual({
      code: 2,
      stderr: '',
      stdout: `${JSON.stringify({ error: { code: 'usage', message: 'beamd has no command named "agent"', hint: 'beamd agent --help' } }, null, 2)}\n`,
    });
  });
});

describe('wrong usage in words', () => {
  it.each([
    ['runbeam', 'config:set', 'Missing: KEY VALUE'],
    ['runbeam', 'config:set api_url', 'Missing: VALUE'],
    ['runbeam', 'harmony:add -p abc', '--port: expected an integer but received: abc'],
    ['runbeam', 'harmony:info -l a --id b', '--id cannot also be provided when using --label'],
    ['beamd', 'agent log -n 0', '--lines: expected an integer greater than or equal to 1 but received: 0'],
    ['beamd', 'token --tokn=abc', 'Nonexistent flag: --tokn'],
  ] as const)('%s %s', async (bin, line, message) => {
    expect(await user.run(bin, line.split(' '))).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: ${message}\nHint: add --help to see how it is used\n`,
    });
  });
});

it.runIf(process.platform === 'linux')('a folder that cannot be made is an error, not a wait without end', async () => {
  const env = { BEAMD_HOME: '/proc/nowhere/b', BEAMD_TOKEN: undefined };
  expect(await user.run('beamd', ['login', '--server', '127.0.0.1:9', '--token', '-'], { env, stdin: 'x' })).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^Error: Cannot write \/proc\/nowhere/) as unknown,
  });
});

describe('exec', () => {
  it.each([
    [['exec', 'printenv', '--scope', 'acme'], 'Flags after the command would be taken for those of beamd exec'],
    [['exec', '--', ''], 'There is no command to run'],
  ])('%j is refused', async (words, message) => {
    const stderr = `Error: ${message}\nRun: beamd exec -- COMMAND\n`;
    expect(await user.beamd(...words)).toEqual({ code: 2, stdout: '', stderr });
  });

  it.each([
    [['exec', 'echo', 'a', 'a'], 'a a'],
    [['exec', '--', 'echo', '--scope', 'a', '--', '--json', '', '--', 'a'], '--scope a -- --json  -- a'],
    [['--scope', 'b', 'exec', '--server', 'edge.example.com', '--', 'echo', '--'], '--'],
  ])('%j runs the program with all of its own words', async (words, stdout) => {
    expect(await user.beamd(...words)).toEqual({ code: 0, stdout: `${stdout}\n`, stderr: '' });
  });
});

describe('a full disk under standard output', () => {
  it.each(['token --json', 'accounts', 'accounts --json', 'nope --json'])('beamd %s says so on stderr', async (line) => {
    const said = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      const shell = `"$0" "$1" ${line} > /dev/full`;
      execFile(
        'sh',
        ['-c', shell, NODE, join(PACKAGE_ROOT, 'bin/beamd.js')],
        { env: user.env, cwd: user.work },
        (error, _, stderr) => {
          resolve({ code: error?.code, stderr });
        },
      );
    });
    expect(said).toEqual({
      code: line.startsWith('nope') ? 2 : 1,
      stderr: 'Error: The disk is full: the result could not be written to standard output\n',
    });
  });
});

/** A pipe with little room left in it, that does not wait for whoever reads from it. */
function nearlyFullPipe(name: string): { readonly descriptor: number; readonly read: () => string } {
  const path = join(user.root, name);
  spawnSync('mkfifo', [path]);
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const page = Buffer.alloc(4_096, ' ');
  const tryTo = (act: () => number): number => {
    try {
      return act();
    } catch {
      return 0;
    }
  };
  while (tryTo(() => writeSync(descriptor, page)) > 0);
  readSync(descriptor, page);
  const room = Buffer.alloc(1_048_576);
  return {
    descriptor,
    read: () =>
      room
        .toString(
          'utf8',
          0,
          tryTo(() => readSync(descriptor, room)),
        )
        .trimStart(),
  };
}

it('beamd token gives a long token once, also to a pipe that is nearly full', async () => {
  const token = 't'.repeat(12_000);
  await logInWithToken(user, 'edge.example.com', token);
  const env = { ...user.env, BEAMD_TOKEN: '' };
  expect((await user.run('beamd', ['token'], { env })).stdout).toBe(`${token}\n`);
  const { descriptor, read } = nearlyFullPipe('pipe');
  const child = spawn(NODE, [join(PACKAGE_ROOT, 'bin/beamd.js'), 'token'], {
    env,
    cwd: user.work,
    stdio: ['ignore', descriptor, 'inherit'],
  });
  const ended = once(child, 'exit');
  // Node makes what it hands to a child wait; this undoes it, for both.
  const still = new Socket({ fd: descriptor, readable: false, writable: true });
  // Before anything is taken out, it has written what there was room for.
  await until(() => Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${String(child.pid)}/io`, 'utf8'))?.[1]) >= 4_096);
  let text = '';
  const reader = setInterval(() => {
    text += read();
  }, 10);
  expect(await ended).toEqual([0, null]);
  clearInterval(reader);
  expect(text + read()).toBe(`${token}\n`);
  still.destroy();
});
