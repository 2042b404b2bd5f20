/** Answers that go nowhere: a reader that goes away or does not read, and a disk that is full. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, test } from 'vitest';
import { STANDALONE_BIN } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, type CliUser } from '../support/cli-user.ts';
import { logInWithToken } from '../support/login.ts';
import { until } from '../support/measure.ts';
import { openShell } from '../support/shell.ts';

const [file, ...words] = commandOf('beamd');
const LINUX = process.platform === 'linux';

const keep = cleanup();
let user: CliUser;

/** A user with one account, whose scopes are more than any pipe holds. */
beforeEach(() => {
  user = keep(createCliUser({ env: { BEAMD_NO_AGENT: '1' } }));
  const accounts = join(user.homes.beamd, 'accounts');
  mkdirSync(accounts, { recursive: true, mode: 0o700 });
  const scopes = Array.from({ length: 5_000 }, (_, at) => `  - slug: org-${at}-somewhere\n    role: member`);
  const lines = ['server: edge.example.com', 'kind: session', 'provider: edge', 'dialect: beam-auth', 'scopes:', ...scopes];
  writeFileSync(join(accounts, 'edge.example.com.yaml'), `${lines.join('\n')}\n`, { mode: 0o600 });
});

test.each(['orgs', 'orgs --json'])('beamd %s ends quietly when its reader goes away', async (line) => {
  const pipeline = `{ beamd ${line}; echo "$?" > code; } | head -n 1 > /dev/null`;
  expect(await openShell(user)(pipeline)).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(readFileSync(join(user.work, 'code'), 'utf8')).toBe('0\n');
});

test
  .skipIf(!LINUX)
  .each([
    'beamd orgs',
    'beamd orgs --json',
    'beamd accounts',
    'beamd accounts --json',
    'beamd nope --json',
    'beamd help',
    'beamd orgs -h',
    'beamd --version',
    'runbeam',
    'runbeam harmony',
    'BEAMD_TOKEN=t BEAMD_SERVER=edge.example.com beamd token --json',
  ])('%s on a full disk says so', async (line) => {
  expect(await openShell(user)(`${line} > /dev/full`)).toEqual({
    code: line.includes('nope') ? 2 : 1,
    stdout: '',
    stderr:
      'Error: The disk is full: the result could not be written to standard output\nHint: Free some space and run the command again\n',
  });
});

/** What a program that waits for nobody is told of a pipe. */
const NONBLOCK = 0o4000;

test.skipIf(!LINUX || STANDALONE_BIN === undefined).each(['orgs', 'accounts --json', 'nope', '--help', 'nope --json'])(
  'beamd %s leaves its pipes to those who write after it as they were',
  async (line) => {
    // The same two pipes, under other numbers: those of grep are its own.
    await openShell(user)(
      `{ { beamd ${line}; grep -h flags /proc/self/fdinfo/3 /proc/self/fdinfo/4 3>&1 4>&2 1>flags; } 2>&1 >&5 | cat; } 5>&1 | cat`,
    );
    const words = readFileSync(join(user.work, 'flags'), 'utf8').match(/[0-7]{2,}/g) ?? [];
    expect(words.map((word) => parseInt(word, 8) & NONBLOCK)).toEqual([0, 0]);
  },
);

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', (signal) => {
  test.each([['orgs'], ['orgs', '--json']])('ends beamd %s while nobody reads its answer from a pipe', async (...args) => {
    const path = join(user.root, 'pipe');
    spawnSync('mkfifo', [path]);
    // Both ends in one, so that it opens at once; the program's end is its own.
    const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    keep({ close: () => closeSync(pipe) });
    const input = openSync(path, constants.O_WRONLY);
    const child = spawn(file, [...words, ...args], { env: user.env, cwd: user.work, stdio: ['ignore', input, 'ignore'] });
    closeSync(input);
    keep({ close: () => void child.kill('SIGKILL') });
    const ended = once(child, 'exit');
    // It has begun to answer, and the pipe is full before it is done.
    await until(() => readOne(pipe) > 0);
    child.kill(signal);
    expect(await ended).toEqual([130, null]);
  });
});

test('a signal ends runbeam harmony:list while nobody reads its answer from a socket', async () => {
  // More than a socket holds, which is more than a pipe does.
  const gateways = Array.from({ length: 10_000 }, () => ({ id: 'x', ip: '127.0.0.1', port: 1, label: 'x'.repeat(100) }));
  mkdirSync(user.homes.runbeam, { mode: 0o700 });
  writeFileSync(join(user.homes.runbeam, 'harmony.json'), JSON.stringify(gateways), { mode: 0o600 });
  const [runbeam, ...before] = commandOf('runbeam');
  const child = spawn(runbeam, [...before, 'harmony:list'], {
    env: user.env,
    cwd: user.work,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  keep({ close: () => void child.kill('SIGKILL') });
  const ended = once(child, 'exit');
  await once(child.stdout, 'readable');
  child.kill('SIGTERM');
  expect(await ended).toEqual([130, null]);
});

/** Reads a byte if there is one; how many there were. */
function readOne(descriptor: number): number {
  try {
    return readSync(descriptor, Buffer.alloc(1));
  } catch {
    return 0; // nothing yet
  }
}

/** Bytes that a pipe gives room for at once. */
const PAGE = 4_096;

/** A pipe with the room of one page left in it. Its ends do not share whether they wait. */
function nearlyFullPipe(): { readonly input: number; readonly output: number; readonly filling: number } {
  const path = join(user.root, 'pipe');
  spawnSync('mkfifo', [path]);
  const output = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const input = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const page = Buffer.alloc(PAGE, ' ');
  let filling = 0;
  for (let written = PAGE; written > 0; filling += written) {
    try {
      written = writeSync(input, page);
    } catch {
      written = 0; // full
    }
  }
  return { input, output, filling: filling - readSync(output, page) };
}

/** A page has been written, or a thread waits in the middle of writing more than that. */
function hasWritten(pid: number): boolean {
  const written = Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
  const waits = (thread: string): boolean => readFileSync(`/proc/${pid}/task/${thread}/wchan`, 'utf8').includes('pipe_write');
  return written >= PAGE || readdirSync(`/proc/${pid}/task`).some(waits);
}

test.skipIf(!LINUX)('beamd token gives a long token once, also to a pipe that is nearly full', async () => {
  const token = 't'.repeat(3 * PAGE);
  await logInWithToken(user, 'edge.example.com', token);
  expect((await user.beamd('token')).stdout).toBe(`${token}\n`);
  const { input, output, filling } = nearlyFullPipe();
  const child = spawn(file, [...words, 'token'], { env: user.env, cwd: user.work, stdio: ['ignore', input, 'inherit'] });
  const ended = once(child, 'exit');
  closeSync(input);
  // Before anything is taken out, it has written what there was room for.
  await until(() => hasWritten(child.pid ?? 0));
  const given = await text(new Socket({ fd: output, readable: true, writable: false }));
  expect(await ended).toEqual([0, null]);
  expect(given.slice(filling)).toBe(`${token}\n`);
});
