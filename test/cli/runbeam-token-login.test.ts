/** `runbeam login` with a token, and what `verify` says of it: every way in which a JWT can be wrong, and what is then stored. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decideByUrl, startRunbeamCloud, type RunbeamCloud } from '../../sandbox/testing.ts';
import { accountFileNames } from '../../src/store/accounts/account-reader.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { expectCli, fitting } from '../support/expect-cli.ts';
import { logInToCloud, succeeded } from '../support/login.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
const jwtSecret = randomBytes(32).toString('hex');
const ISSUER = '/api/cli/check-login';
let cloud: RunbeamCloud;
let other: RunbeamCloud;
let host: string;
let user: CliUser;

beforeAll(async () => {
  cloud = keepForAll(await startRunbeamCloud({ jwtSecret }));
  other = keepForAll(await startRunbeamCloud());
  host = cloud.origin;
});

beforeEach(() => {
  user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
});

const give = (token: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  user.run('runbeam', ['login', '--token', '-', ...args], { stdin: `${token}\n`, env });
const stored = (): readonly string[] => accountFileNames(user.homes);
const seconds = (): number => Math.floor(Date.now() / 1000);

async function tampered(): Promise<string> {
  const [head, body] = (await cloud.issueUserToken()).split('.');
  const [, , signature] = (await cloud.issueUserToken({ sub: '43' })).split('.');
  return `${head ?? ''}.${body ?? ''}.${signature ?? ''}`;
}

const BAD: readonly (readonly [check: string, make: () => Promise<string>, why: string])[] = [
  ['signature', tampered, 'has no valid signature'],
  ['key', () => other.issueUserToken({ iss: `${cloud.origin}${ISSUER}` }), 'is signed with a key that the server does not have'],
  ['issuer', () => cloud.issueUserToken({ iss: 'https://elsewhere.example' }), 'comes from another issuer'],
  ['audience', () => cloud.issueUserToken({ aud: 'somebody' }), 'is meant for another audience'],
  ['not_before', () => cloud.issueUserToken({ nbf: seconds() + 3_600 }), 'is not valid yet'],
  ['issued_at', () => cloud.issueUserToken({ iat: seconds() + 3_600 }), 'was issued in the future'],
  ['algorithm', () => cloud.issueUserToken({}, 'hs256'), 'is not signed with RS256'],
  ['claims', () => cloud.issueUserToken({ sub: undefined }), 'has no usable claim sub'],
  ['format', () => Promise.resolve(randomBytes(20).toString('hex')), 'is neither a JWT nor a Sanctum token'],
];

describe('a JWT that does not hold', () => {
  test.each(BAD)('%s: not stored, and verify names it', async (check, make, why) => {
    const token = await make();
    const said = `The user token for ${host} ${why}`;
    expect(await give(token)).toEqual({
      code: 4,
      stdout: '',
      stderr: `Error: ${said}. Nothing was stored\nRun: runbeam login\n`,
    });
    expect(stored()).toEqual([]);
    const { code, stdout } = await user.run('runbeam', ['verify', '--json'], { env: { RUNBEAM_TOKEN: token } });
    const verified = fitting('runbeam:verify', stdout);
    expect({ code, verified }).toMatchObject({ code: 4, verified: { status: 'rejected', failed_check: check, reason: said } });
  });

  test('one that ended, and it leaves the good login alone', async () => {
    const good = await cloud.issueUserToken();
    succeeded(await give(good));
    const ended = await cloud.issueUserToken({ exp: 1_600_000_000 });
    const line = String.raw`The session on ${host} expired \d+ days ago \(2020-09-13 .{5}\)\. Nothing was stored`;
    const { code, stderr } = await give(ended, ['--replace']);
    expect([code, stderr]).toEqual([4, expect.stringMatching(new RegExp(`^Error: ${line}\nRun: runbeam login\n$`))]);
    expect(await user.beamd('token', '--server', cloud.origin)).toMatchObject({ code: 0, stdout: `${good}\n` });
  });

  test('from a login in a browser: not stored either', async () => {
    const hasty = keep(await startRunbeamCloud({ expiresIn: -3_600 }));
    const there = keep(createCliUser({ env: { RUNBEAM_API_URL: hasty.origin } }));
    const { code, stdout, stderr } = await decideByUrl(there.start('runbeam', ['login']), hasty);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/Error: The session on \S+ expired .+ ago \(.{16}\)\. Nothing was stored\nRun: runbeam login\n$/);
    expect(accountFileNames(there.homes)).toEqual([]);
  });
});

describe('a JWT that holds', () => {
  test('is stored, and verify shows whose it is', async () => {
    const exp = seconds() + 2 * 86_400;
    const path = join(user.work, 'token.txt');
    writeFileSync(path, `${await cloud.issueUserToken({ exp })}\n`);
    const { stdout } = succeeded(await user.runbeam('login', '--token-file', path));
    expect(stdout).toMatch(
      new RegExp(`^✓ Logged in to Runbeam Cloud at ${host} as alice@example.com\nThe session ends in 2 days \\(.{16}\\)\n$`),
    );
    const shown = succeeded(await user.runbeam('verify')).stdout;
    expect(shown.replace(/\(.{16}\)/, '(TIME)')).toBe(
      `✓ The session is valid\nserver    ${host}\nacts as   the login of alice@example.com\nissuer    ${cloud.origin}${ISSUER}\n` +
        'subject   42\naudience  runbeam-cli\nuser      alice@example.com\nteam      Acme Inc.\n' +
        'kind      JWT, checked against the keys of its issuer\nexpires   in 2 days (TIME)\n',
    );
    // It is an account as any other: its agent has it, a machine token can be had with it, and a logout ends it here.
    expect(succeeded(await user.runbeam('token:get', '-g', 'x', '--new', '--json')).code).toBe(0);
    expect(succeeded(await user.runbeam('logout')).stdout).toContain('Runbeam Cloud offers no revocation here');
    expect(stored()).toEqual([]);
  });

  test('without aud, for the API, and with HS256 where the secret is set', async () => {
    for (const aud of [undefined, 'runbeam-api', ['x', 'runbeam-cli']])
      succeeded(await give(await cloud.issueUserToken({ aud })));
    const shared = await cloud.issueUserToken({}, 'hs256');
    const env = { RUNBEAM_JWT_SECRET: jwtSecret };
    expect(succeeded(await give(shared, ['--json'], env)).stdout).toContain('"check": "valid"');
    const { stdout } = succeeded(await user.run('runbeam', ['verify'], { env }));
    expect(stdout).toContain('kind      JWT, checked with RUNBEAM_JWT_SECRET\n');
    // With the secret it is HS256 alone.
    const rs256 = await user.run('runbeam', ['verify'], { env: { ...env, RUNBEAM_TOKEN: await cloud.issueUserToken() } });
    expect(rs256.stdout).toMatch(/reason +The user token for \S+ is not signed with HS256\nRun: unset RUNBEAM_JWT_SECRET\n$/);
  });

  test('is verified by many processes with one request for the keys', async () => {
    const fresh = keep(await startRunbeamCloud());
    const env = { RUNBEAM_API_URL: fresh.origin, RUNBEAM_TOKEN: await fresh.issueUserToken() };
    const asked = (): number => fresh.log.filter(({ route }) => route === 'GET /api/.well-known/jwks.json').length;
    const ran = await Promise.all(Array.from({ length: 4 }, () => user.run('runbeam', ['verify'], { env })));
    expect([ran.map(({ code }) => code), asked()]).toEqual([[0, 0, 0, 0], 1]);
    await fresh.rotateKey();
    const unknown = await user.run('runbeam', ['verify', '--json'], {
      env: { ...env, RUNBEAM_TOKEN: await fresh.issueUserToken() },
    });
    expect([JSON.parse(unknown.stdout), asked()]).toMatchObject([{ failed_check: 'key' }, 1]);
  });

  test('that cannot be verified now is not stored', async () => {
    const gone = await startRunbeamCloud();
    const token = await gone.issueUserToken();
    await gone.close();
    const env = { RUNBEAM_API_URL: gone.origin };
    const { code, stdout, stderr } = await give(token, [], env);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(/^Error: The token could not be verified: .+\. Nothing was stored\nRun: runbeam login --token -\n$/);
    expect(stored()).toEqual([]);
    const offline = await user.run('runbeam', ['verify'], { env: { ...env, RUNBEAM_TOKEN: token } });
    expect(offline.code).toBe(5);
    expect(offline.stdout).toMatch(/^! The token could not be verified just now; it is not known to be bad\n/);
    expect(offline.stdout).toContain('kind     JWT, not checked\n');
  });
});

describe('a Sanctum token', () => {
  test('is stored if the cloud takes it, and not if it does not', async () => {
    const literal = await cloud.issueUserToken({}, 'sanctum');
    expect(await user.runbeam('login', '--token', literal)).toEqual({
      code: 0,
      stdout: `✓ Logged in to Runbeam Cloud at ${host}\n`,
      stderr:
        '! A token on the command line shows up in ps and in the shell history\nHint: --token - reads it from standard input\n',
    });
    expect(await give('7|wrong')).toEqual({
      code: 4,
      stdout: '',
      stderr: `Error: ${host} does not accept the token. Nothing was stored\nRun: runbeam login\n`,
    });
    expect(await user.beamd('token', '--server', cloud.origin)).toMatchObject({ code: 0, stdout: `${literal}\n` });
    await expectCli(user, 'runbeam login --token - --token-file x', {
      code: 2,
      stderr: expect.stringContaining('--token') as unknown as string,
    });
  });

  test('that nobody could check is stored unchecked, and replaces a login only if that is said', async () => {
    await logInToCloud(user, cloud);
    const [before] = stored();
    cloud.faults.next('GET /api/harmony/base-url', { status: 503 });
    const first = await give('8|unknown');
    expect(first.code).toBe(6);
    expect(first.stderr).toMatch(
      /and this token could not be checked; the login was kept\nRun: runbeam login --token - --replace\n$/,
    );
    expect(succeeded(await user.runbeam('verify')).stdout).toMatch(/^✓ The session is valid\n/);
    cloud.faults.next('GET /api/harmony/base-url', { status: 503 });
    const second = succeeded(await give('8|unknown', ['--replace']));
    expect(second.stdout).toBe(`✓ Logged in to Runbeam Cloud at ${host}\nWhether the token is good was not checked\n`);
    expect(stored()).toEqual([before]);
    expect(await user.runbeam('verify')).toMatchObject({ code: 4 });
  });
});
