/** What can be asked of `beamd token` beyond a valid one, and in which shapes it is printed. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startSelfHostedEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { expectCli, json } from '../support/expect-cli.ts';
import { writeConfig } from '../support/files.ts';
import { logIn, logInWithToken, rewriteSession } from '../support/login.ts';

const keep = cleanup();
let edge: BeamAuthEdge;
let user: CliUser;

beforeEach(async () => {
  edge = keep(await startBeamAuthEdge());
  user = keep(createCliUser());
});

const report = (token: string, ...args: string[]): Promise<Ran> =>
  user.run('beamd', ['token', '--rejected', '-', ...args], { stdin: `${token}\n` });

/** Logs in, makes the token ten minutes old, and returns it. */
async function oldToken(left = 3_000): Promise<string> {
  await logIn(user, edge);
  await rewriteSession(user, edge, { left, age: 600 });
  return (await user.beamd('token')).stdout.trim();
}

/** However long the machine takes: the token counts as new for most of a minute. */
const makeNew = (): Promise<void> => rewriteSession(user, edge, { left: 3_600, age: -25 });

describe('a token that a server rejected', () => {
  test('is exchanged once, however many report it', async () => {
    const old = await oldToken();
    edge.expireAccess();
    const answers = await Promise.all(Array.from({ length: 4 }, () => report(old)));
    const { stdout } = await user.beamd('token');
    expect(answers).toEqual(Array(4).fill({ code: 0, stdout, stderr: '' }));
    expect(stdout).not.toBe(`${old}\n`);
    expect(edge.counters.refreshes).toBe(1);
    expect(await report(old)).toEqual({ code: 0, stdout, stderr: '' });
    await makeNew();
    const again = {
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('was rejected, and is less than half a minute old') as string,
    };
    expect(await report(stdout.trim())).toEqual(again);
    expect(edge.counters.refreshes).toBe(1);
  });

  test('and for which none is got says so, with what went wrong', async () => {
    const old = await oldToken();
    await edge.close();
    expect(await report(old)).toEqual({
      code: 5,
      stdout: '',
      stderr: `Error: The token of ${edge.origin} could not be refreshed: Cannot reach ${new URL(edge.origin).host}: nothing listens there\nRun: beamd doctor\n`,
    });
    expect((await user.beamd('token')).stdout).toBe(`${old}\n`);
  });

  test('is taken from standard input alone', async () => {
    const token = randomBytes(12).toString('hex');
    const hint = 'Run: beamd token --rejected -\n';
    const typed = await user.run('beamd', ['token', '--rejected', token]);
    expect(typed).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: A token on the command line shows up in ps: --rejected reads it from standard input\n${hint}`,
    });
    expect(await report('')).toEqual({ code: 2, stdout: '', stderr: `Error: There is no token on standard input\n${hint}` });
  });

  test('status --check says whether it can be refreshed, and the command does it', async () => {
    await oldToken();
    edge.expireAccess();
    const checked = await user.beamd('status', '--check');
    expect(checked.code).toBe(4);
    expect(checked.stdout).toMatch(/^Checked +rejected by the server, can be refreshed: .+ is 401: the token was rejected$/m);
    expect(checked.stdout).toContain(`\nRun: beamd orgs --refresh --server ${edge.origin}\n`);
    expect(await json(user, 'beamd:status', 'beamd status --check', 4)).toMatchObject({
      check: { verdict: 'rejected', code: 'token_rejected', refreshable: true },
    });
    expect(edge.counters.refreshes).toBe(0);
    expect((await user.beamd('orgs', '--refresh', '--server', edge.origin)).code).toBe(0);
    expect((await user.beamd('status', '--check')).code).toBe(0);
    expect(edge.counters.refreshes).toBe(1);
  });
});

describe('another token', () => {
  test('--refresh gets one, and not again right away', async () => {
    const old = await oldToken();
    const { code, stdout, stderr } = await user.beamd('token', '--refresh');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toBe(`${old}\n`);
    await makeNew();
    await expectCli(user, 'beamd token --refresh', {
      stdout,
      stderr: '! The token is less than half a minute old, and was not refreshed again\n',
    });
    expect(edge.counters.refreshes).toBe(1);
  });

  test('--min-ttl gets one only where the held one is too short, without an agent too', async () => {
    const old = await oldToken(700);
    await expectCli(user, 'beamd token --min-ttl 10m', { stdout: `${old}\n` });
    const env = { BEAMD_NO_AGENT: '1' };
    const next = await user.run('beamd', ['token', '--min-ttl', '15m'], { env });
    expect(next).toEqual({ code: 0, stdout: expect.not.stringContaining(old) as string, stderr: '' });
    const long = await user.run('beamd', ['token', '--min-ttl', '2h'], { env });
    expect(long).toEqual({
      code: 0,
      stdout: next.stdout,
      stderr: expect.stringMatching(
        /^! The token ends in (?:1 h|\d+ min), sooner than asked for: the server gives none that lasts so long\n$/,
      ) as string,
    });
    expect(edge.counters.refreshes).toBe(1);
    await expectCli(user, 'beamd token --min-ttl soon', {
      code: 2,
      stderr: 'Error: --min-ttl takes a span: 90s, 10m, 1h\nRun: beamd token --min-ttl 10m\n',
    });
  });
});

test('tokens that are as they were given say so', async () => {
  const own = keep(await startSelfHostedEdge());
  await logInWithToken(user, own.origin, own.token);
  const what = `The token of ${own.origin}`;
  const hint = `Run: beamd login --server ${own.origin}\n`;
  expect(await report(own.token)).toEqual({
    code: 4,
    stdout: '',
    stderr: `Error: ${what} was rejected, and cannot be refreshed\n${hint}`,
  });
  await expectCli(user, 'beamd token --refresh', {
    code: 2,
    stderr: `Error: ${what} cannot be refreshed: there is nothing to refresh it with\n${hint}`,
  });
  await expectCli(user, 'beamd token --min-ttl 1h', { stdout: `${own.token}\n` });
  const given = randomBytes(12).toString('hex');
  const env = { BEAMD_TOKEN: given, BEAMD_SERVER: edge.origin };
  await expectCli(
    user,
    'beamd token --refresh',
    {
      code: 2,
      stderr:
        'Error: The token of BEAMD_TOKEN cannot be refreshed: there is nothing to refresh it with\n' +
        'Hint: Set BEAMD_TOKEN to a valid token, or unset it to use your login\n',
    },
    { env },
  );
  const path = writeConfig(user, 'app.yaml', { server: edge.origin, token: given });
  expect(await report(given, '--config', 'app.yaml')).toEqual({
    code: 4,
    stdout: '',
    stderr: `Error: The key of ${path} was rejected, and cannot be refreshed\nHint: Put a key that the server takes into ${path}\n`,
  });
  expect(await report('another', '--config', 'app.yaml')).toEqual({ code: 0, stdout: `${given}\n`, stderr: '' });
});

test('it is printed as a header, for a shell, and with its end', async () => {
  const token = await oldToken();
  await expectCli(user, 'beamd token --header', { stdout: `Authorization: Bearer ${token}\n` });
  const value = await json(user, 'beamd:token', 'beamd token --scope acme');
  expect(value).toMatchObject({
    access_token: token,
    server: edge.origin,
    scope: 'acme',
    expires_at: expect.any(String) as string,
  });
  const { stdout } = await user.beamd('token', '--export', '--scope', 'acme');
  const script = `BEAMD_ACCOUNT=other\n${stdout}set | grep ^BEAMD_ | grep -v BEAMD_TOKEN_OF; env | grep -c ^BEAMD_`;
  const shell = spawnSync('sh', ['-c', script], { env: { PATH: process.env['PATH'] }, encoding: 'utf8' });
  const { expires_at: end } = value as { readonly expires_at: string };
  expect(shell.stdout).toBe(
    `BEAMD_SCOPE='acme'\nBEAMD_SERVER='${edge.origin}'\nBEAMD_TOKEN='${token}'\nBEAMD_TOKEN_EXPIRES_AT='${end}'\n5\n`,
  );
  const both = await user.beamd('token', '--export', '--header');
  expect({ code: both.code, stdout: both.stdout }).toEqual({ code: 2, stdout: '' });
});
