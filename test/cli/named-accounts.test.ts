/** Two identities on one server: each has its files, its agent and its session, and nothing takes the one for the other. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { accountsFolder } from '../../src/store/paths.ts';
import { parseServer } from '../../src/store/server.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { expectCli, json } from '../support/expect-cli.ts';
import { writeText } from '../support/files.ts';
import { logIn } from '../support/login.ts';
import { openTerminal } from '../support/terminal.ts';

const TERMINAL = spawnSync('script', ['-qec', 'exit 3', '/dev/null'], { stdio: 'ignore' }).status === 3;

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let edge: BeamAuthEdge;
let user: CliUser;
let key: string;
let server: string;

beforeAll(async () => {
  edge = keepForAll(await startBeamAuthEdge());
  ({ key, name: server } = parseServer(edge.origin));
  user = keepForAll(createCliUser());
  await logIn(user, edge);
});

const files = (of: CliUser): string[] => readdirSync(accountsFolder(of.homes)).sort();
const config = (of: CliUser): string => readFileSync(join(of.homes.beamd, 'config'), 'utf8');

async function tokenOf(...args: string[]): Promise<string> {
  return (await user.beamd('token', ...args)).stdout;
}

describe('with a login under another name', () => {
  beforeAll(async () => {
    const { stdout } = await logIn(user, edge, '--account', 'work');
    expect(stdout).toBe(
      `✓ Logged in to ${server} (account work) as alice@example.com\nDefault org alice; others: acme, widgets\n` +
        `The current server is still ${server}\nRun: beamd switch ${server} --account work\n`,
    );
  });

  test('each has a file, a session and an agent of its own', async () => {
    expect(files(user)).toEqual([`${key}.yaml`, `${key}@work.yaml`]);
    const tokens = [await tokenOf(), await tokenOf('--account', 'work'), await tokenOf('--account', '-')];
    expect(new Set(tokens).size).toBe(2);
    expect([tokens[0], tokens.every((token) => token.length > 20)]).toEqual([tokens[2], true]);
    const agents = readdirSync(join(user.homes.beamd, 'agents')).filter((name) => name.endsWith('.sock'));
    expect(agents.sort()).toEqual([`${key}.sock`, `${key}@work.sock`]);
  });

  test('flag, environment and .beamd.local choose; every command says which', async () => {
    const whoami = { stdout: `alice@example.com on ${server} (account work) for alice (owner)\n` };
    await expectCli(user, 'beamd whoami --account work', whoami);
    await expectCli(user, 'beamd --account work whoami', whoami);
    await expectCli(user, 'beamd whoami', whoami, { env: { BEAMD_ACCOUNT: 'work' } });
    writeText(user, 'repo/.beamd', `server: ${server}\n`);
    writeText(user, 'repo/.beamd.local', 'account: work\n');
    await expectCli(user, 'beamd whoami', whoami, { cwd: join(user.work, 'repo') });
    await expectCli(user, 'beamd whoami', { stdout: `alice@example.com on ${server} for alice (owner)\n` });
    expect(await json(user, 'beamd:whoami', 'beamd whoami --account work')).toMatchObject({ server, account: 'work' });
    expect(await json(user, 'beamd:status', 'beamd status --account work')).toMatchObject({
      account: 'work',
      account_source: { kind: 'flag' },
    });
    expect(await json(user, 'beamd:accounts', 'beamd accounts')).toMatchObject({
      accounts: [
        { server, current: true, state: 'valid', expires_at: expect.stringMatching(/^\d{4}-.*Z$/) },
        { server, account: 'work', current: false, state: 'valid' },
      ],
    });
    const { stdout } = await user.beamd('exec', '--account', 'work', '--', 'sh', '-c', 'echo "$BEAMD_ACCOUNT"');
    expect(stdout).toBe('work\n');
  });

  test('an org of one is no org of the other', async () => {
    await user.beamd('default', 'acme', '--account', 'work');
    expect(await json(user, 'beamd:default', 'beamd default --account work')).toMatchObject({ default_scope: 'acme' });
    expect(await json(user, 'beamd:default', 'beamd default')).toMatchObject({ default_scope: 'alice' });
    await user.beamd('default', 'alice', '--account', 'work');
  });

  test.each([
    ['logout', ['logout', '--server']],
    ['login', ['login', '--no-browser', '--server']],
    ['switch', ['switch']],
  ])('%s guesses none of them: exit 2 with the list, and nothing changed', async (_, args) => {
    const before = [files(user), config(user), edge.log.length];
    const { code, stdout, stderr } = await user.beamd(...args, edge.origin);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr:
        `Error: There are several accounts on ${server}: the one without a name (alice@example.com), work (alice@example.com)\n` +
        'Hint: Say which with --account NAME; --account - is the one without a name\n',
    });
    expect([files(user), config(user), edge.log.length]).toEqual(before);
  });

  test.skipIf(!TERMINAL)('on a terminal, the one that is chosen', async () => {
    const line = `${quoted(commandOf('beamd'))} switch ${edge.origin}`;
    const choose = async (keys: string): Promise<void> => {
      const terminal = keep(openTerminal(`${line}; echo "ended with $?"`, { cwd: user.work, env: user.env }));
      await terminal.waitFor(/2 of 2/);
      terminal.type(keys);
      await terminal.waitFor(/ended with 0/);
    };
    await choose('\u001b[B\r');
    expect(config(user)).toContain(`current: ${server}@work`);
    await choose('\r');
    expect(config(user)).toContain(`current: ${server}\n`);
  });

  test('a name that is none, or that is not there, is said', async () => {
    await expectCli(user, 'beamd token --account ../x', {
      code: 2,
      stderr:
        'Error: ../x is not the name of an account\n' +
        'Hint: A name has 1 to 32 characters: a to z, 0 to 9, and - after the first; - alone is the account without one\n',
    });
    await expectCli(user, 'beamd token --account home', {
      code: 4,
      stderr:
        `Error: You are not logged in to ${server} (account home); there you have: the one without a name, work\n` +
        `Run: beamd login --server ${server} --account home\n`,
    });
    const there = 'there you have: the one without a name, work; did you mean work?';
    const wrk = (from: string): string => `Error: You are not logged in to ${server} (account wrk)${from}; ${there}\n`;
    const login = `Run: beamd login --server ${server} --account wrk\n`;
    await expectCli(user, 'beamd token --account wrk', { code: 4, stderr: wrk('') + login });
    await expectCli(user, `beamd switch ${server} --account wrk`, { code: 4, stderr: wrk('') + login });
    expect(await user.run('beamd', ['token'], { env: { BEAMD_ACCOUNT: 'wrk' } })).toEqual({
      code: 4,
      stdout: '',
      stderr: wrk(' (from BEAMD_ACCOUNT)') + login,
    });
    await expectCli(user, 'beamd switch --account wrk', {
      code: 4,
      stderr: 'Error: You have no account named wrk; did you mean work?\nRun: beamd accounts\n',
    });
  });

  test('link writes the name into .beamd.local alone', async () => {
    const folder = join(user.work, 'linked');
    writeText(user, 'linked/x', '');
    await user.run('beamd', ['link', '--account', 'work'], { cwd: folder });
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect(read('.beamd')).not.toContain('account');
    expect(read('.beamd.local')).toBe('account: work\n');
    await user.run('beamd', ['link', '--account', '-'], { cwd: folder });
    expect(read('.beamd.local')).not.toContain('work');
  });

  test('switch and logout take the one that is named, and leave the other', async () => {
    await expectCli(user, `beamd switch ${edge.origin} --account work`, {
      stdout: `✓ The current server is now ${server} (account work)\n`,
    });
    expect(config(user)).toContain(`current: ${server}@work`);
    const { code, stdout } = await user.beamd('logout');
    expect([code, stdout]).toEqual([0, expect.stringContaining(`✓ Logged out of ${server} (account work)`)]);
    expect(files(user)).toEqual([`${key}.yaml`]);
    await expectCli(user, 'beamd whoami', { stdout: `alice@example.com on ${server} for alice (owner)\n` });
  });
});

test('a home so long that sockets are elsewhere keeps the agents of two accounts apart', async () => {
  const far = keep(createCliUser({ homeName: 'h'.repeat(90) }));
  await logIn(far, edge);
  await logIn(far, edge, '--account', 'a'.repeat(32));
  const one = await far.beamd('token');
  const two = await far.beamd('token', '--account', 'a'.repeat(32));
  expect([one.code, two.code, one.stdout === two.stdout]).toEqual([0, 0, false]);
  expect(far.agents()).toHaveLength(2);
});

describe('an account file that is broken', () => {
  test.each([
    ['empty', ''],
    ['no yaml', 'server: [\n'],
    ['emptied', 'token: ""\n'],
  ])('(%s) stops no login and no logout', async (_, text) => {
    const broken = keep(createCliUser());
    await logIn(broken, edge);
    const path = join(accountsFolder(broken.homes), `${key}.yaml`);
    writeFileSync(path, text);
    await logIn(broken, edge);
    await expectCli(broken, 'beamd whoami', { stdout: `alice@example.com on ${server} for alice (owner)\n` });
    writeFileSync(path, text);
    expect((await broken.beamd('logout')).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});
