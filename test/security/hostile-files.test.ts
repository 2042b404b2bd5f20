/** Files that are broken, of the wrong kind or in the wrong hands: a clear error that names them, and nothing is lost. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { writeText } from '../support/files.ts';
import { logIn, succeeded } from '../support/login.ts';
import { agentState, crashedAgent } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type Ran, type CliUser } from '../support/cli-user.ts';

const BOMB = `a: &a [x, x, x]\nb: &b [${'*a, '.repeat(20)}*a]\nc: &c [${'*b, '.repeat(20)}*b]\nd: [${'*c, '.repeat(20)}*c]\n`;

/** What may stand where a yaml file is expected, and must be refused with exit 2 and the file's name. */
const BROKEN: readonly (readonly [string, string])[] = [
  ['broken yaml', 'server: [edge\n'],
  ['a yaml bomb', BOMB],
  ['5,000 brackets', `server: ${'['.repeat(5_000)}\n`],
  ['a list', '- a\n- b\n'],
  ['the same key twice', 'server: a.example.com\nserver: b.example.com\n'],
  ['500 KiB', `# ${'padding '.repeat(64_000)}\nserver: a.example.com\n`],
];

function expectNamed(ran: Ran, code: number, path: string): void {
  expect({ code: ran.code, stdout: ran.stdout }, ran.stderr).toEqual({ code, stdout: '' });
  expect(ran.stderr).toMatch(/^Error: .+\n(?:(?:Hint|Run): .+\n)?(?:Help: .+\n)?$/);
  expect(ran.stderr).toContain(path);
}

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let edge: BeamAuthEdge;
let base: CliUser;

beforeAll(async () => {
  edge = keepForAll(await startBeamAuthEdge());
  base = keepForAll(createCliUser());
  await logIn(base, edge);
});

const stranger = (): CliUser => keep(createCliUser());
const loggedIn = (): CliUser => keep(createCliUser({ from: base }));

/** Puts other text into a file for some work, which must leave it as it is, and then puts it right. */
async function withText(path: string, text: string, work: () => Promise<void>): Promise<void> {
  const before = readFileSync(path);
  writeFileSync(path, text, { mode: 0o600 });
  await work();
  expect(readFileSync(path, 'utf8')).toBe(text);
  writeFileSync(path, before);
}

describe('.beamd', () => {
  test.each(BROKEN)('%s', async (_name, text) => {
    const user = loggedIn();
    const path = writeText(user, '.beamd', text);
    expectNamed(await user.beamd('whoami'), 2, path);
    // An explicit server and org do not need it.
    const explicit = await user.beamd('whoami', '--server', 'x.example.com', '--scope', 'a');
    expect({ code: explicit.code, stderr: explicit.stderr.split('\n')[0] }).toEqual({
      code: 4,
      stderr: 'Error: You are not logged in to x.example.com',
    });
  });

  test('a directory and a link do not count', async () => {
    const user = loggedIn();
    mkdirSync(join(user.work, '.beamd'));
    expect((await user.beamd('whoami')).code).toBe(0);
    rmSync(join(user.work, '.beamd'), { recursive: true });
    symlinkSync('/etc/passwd', join(user.work, '.beamd'));
    expect((await user.beamd('whoami')).code).toBe(0);
  });
});

describe('an account file', () => {
  test.each(BROKEN)('%s', async (_name, text) => {
    const user = loggedIn();
    const path = join(user.home, `.beamd/accounts/127.0.0.1_${edge.port}.yaml`);
    await withText(path, text, async () => {
      expectNamed(await user.beamd('whoami'), 2, path);
      expectNamed(await user.beamd('token'), 2, path);
      const list = await user.beamd('accounts');
      expect(list.code).toBe(0);
      expect(list.stdout).toContain(path);
    });
    expect((await user.beamd('token')).code).toBe(0);
  });

  test('a directory in its place', async () => {
    const user = loggedIn();
    const path = join(user.home, `.beamd/accounts/127.0.0.1_${edge.port}.yaml`);
    rmSync(path);
    mkdirSync(path);
    expectNamed(await user.beamd('whoami'), 2, path);
    expectNamed(await user.beamd('token'), 2, path);
  });

  test('loose modes are repaired with a warning', async () => {
    const user = loggedIn();
    const path = join(user.home, `.beamd/accounts/127.0.0.1_${edge.port}.yaml`);
    chmodSync(path, 0o644);
    chmodSync(dirname(path), 0o755);
    expect((await user.beamd('whoami')).code).toBe(0);
    expect((await user.beamd('token')).code).toBe(0);
    succeeded(await user.beamd('default', 'acme'));
    expect([path, dirname(path)].map((each) => (statSync(each).mode & 0o777).toString(8))).toEqual(['600', '700']);
  });

  test('that cannot be decrypted any more: exit 1, and it is kept', async () => {
    const user = loggedIn();
    const path = join(user.home, `.beamd/accounts/127.0.0.1_${edge.port}.yaml`);
    const before = readFileSync(path, 'utf8');
    const key = join(user.home, '.beamd/encryption.key');
    renameSync(key, `${key}.away`);
    const ran = await user.beamd('token');
    expect({ code: ran.code, stdout: ran.stdout }, ran.stderr).toEqual({ code: 1, stdout: '' });
    expect(readFileSync(path, 'utf8')).toBe(before);
    rmSync(key, { force: true });
    renameSync(`${key}.away`, key);
    succeeded(await user.beamd('agent', 'stop'));
    expect((await user.beamd('token')).code).toBe(0);
  });
});

describe('the folders', () => {
  test('a link in place of ~/.beamd is refused, and nothing is written behind it', async () => {
    const user = stranger();
    const target = join(user.work, 'elsewhere');
    mkdirSync(target);
    symlinkSync(target, join(user.home, '.beamd'));
    const ran = await user.run('beamd', ['login', '--server', edge.origin, '--token', '-'], { stdin: edge.apiKey });
    expectNamed(ran, 6, join(user.home, '.beamd'));
    expect(readdirSync(target)).toEqual([]);
  });

  test('a link in place of the accounts is refused, also while their agent runs', async () => {
    const user = loggedIn();
    succeeded(await user.beamd('token'));
    const accounts = join(user.home, '.beamd/accounts');
    renameSync(accounts, `${accounts}.away`);
    symlinkSync(`${accounts}.away`, accounts);
    expectNamed(await user.beamd('token'), 6, accounts);
  });

  test('a file in place of ~/.beamd', async () => {
    const user = stranger();
    writeFileSync(join(user.home, '.beamd'), '');
    const ran = await user.run('beamd', ['login', '--server', edge.origin, '--token', '-'], { stdin: edge.apiKey });
    expectNamed(ran, 6, join(user.home, '.beamd'));
  });

  test('a key file that others can read is refused by name', async () => {
    const user = loggedIn();
    const key = join(user.home, '.beamd/encryption.key');
    chmodSync(key, 0o644);
    expectNamed(await user.beamd('token'), 6, key);
  });

  test('a folder of sockets that is not private is refused before a byte is sent', async () => {
    const user = stranger();
    await crashedAgent(user, edge);
    const folder = join(user.home, '.beamd/agents');
    chmodSync(folder, 0o777);
    expectNamed(await user.beamd('token'), 6, folder);
  });
});

describe('the config file and the registry', () => {
  test.each(BROKEN)('config: %s', async (_name, text) => {
    const user = loggedIn();
    const path = join(user.home, '.beamd/config');
    await withText(path, text.replaceAll('server:', 'current:'), async () => {
      expectNamed(await user.beamd('whoami'), 2, path);
      // An explicit server does not need it.
      expect((await user.beamd('whoami', '--server', edge.origin)).code).toBe(0);
    });
  });

  test.each([
    ['broken JSON', '[{"id": '],
    ['no list', '{"id": "x"}'],
    ['nesting 20,000 deep', '['.repeat(20_000)],
    ['a wrong field', '[{"id": "x", "ip": "127.0.0.1", "port": "many", "label": "l", "path_prefix": "admin"}]'],
  ])('harmony.json: %s', async (_name, text) => {
    const user = loggedIn();
    const path = join(user.home, '.runbeam/harmony.json');
    mkdirSync(dirname(path), { mode: 0o700, recursive: true });
    writeFileSync(path, text, { mode: 0o600 });
    expectNamed(await user.runbeam('harmony:list'), 2, path);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

describe('a socket that was left behind', () => {
  test('by a crash: the next call starts an agent', async () => {
    const user = stranger();
    const token = await crashedAgent(user, edge);
    expect(await user.beamd('token')).toEqual({ code: 0, stdout: token, stderr: '' });
    expect(await agentState(user)).toMatchObject({ state: 'running' });
  });

  test('status, accounts and agent status say so and start none', async () => {
    const user = stranger();
    await crashedAgent(user, edge);
    expect(await agentState(user)).toEqual({ state: 'stopped' });
    succeeded(await user.beamd('status'));
    succeeded(await user.beamd('accounts'));
    expect(user.agents()).toEqual([]);
  });

  test('a plain file in place of the socket', async () => {
    const user = loggedIn();
    mkdirSync(join(user.home, '.beamd/agents'), { mode: 0o700, recursive: true });
    const socket = join(user.home, `.beamd/agents/127.0.0.1_${edge.port}.sock`);
    writeFileSync(socket, 'not a socket', { mode: 0o600 });
    expectNamed(await user.beamd('token'), 6, socket);
    expect(existsSync(socket)).toBe(true);
  });
});

test('a home that cannot be written: the session is used without an agent, and that is said once', async (context) => {
  if (process.getuid?.() === 0) context.skip('root writes everywhere');
  const user = loggedIn();
  const folders = ['.beamd/agents', '.beamd/accounts', '.beamd'].map((name) => join(user.home, name));
  mkdirSync(join(user.home, '.beamd/agents'), { mode: 0o700 });
  for (const folder of folders) chmodSync(folder, 0o500);
  keep({
    close: () => {
      for (const folder of folders.toReversed()) chmodSync(folder, 0o700);
    },
  });
  const { code, stdout, stderr } = await user.beamd('token');
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^bat_\S+\n$/),
    stderr: 'No agent can be started here; this command works without one.\n',
  });
});
