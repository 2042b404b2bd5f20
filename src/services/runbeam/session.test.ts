import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mockNetwork, type Answers, type MockedServer } from '../../net/msw.testing.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { importLegacyLogin, runbeamAccount, runbeamServer } from './account.ts';
import { runbeamLogin, runbeamLogout } from './session.ts';
import { testScreen } from '../login/screen.testing.ts';
import { createTestContext, type TestContext } from '../services.testing.ts';
import { verify } from './verify.ts';
import { accountFileNames } from '../../store/accounts/account-reader.ts';

const network = mockNetwork();
const NO_BASE_URL: Answers = { 'GET /api/harmony/base-url': [404, {}], 'GET /harmony/base-url': [404, {}] };
let cloud: MockedServer;
let answers: Answers;
let context: TestContext;
beforeEach(() => {
  answers = { ...NO_BASE_URL };
  cloud = network.serve('https://api.runbeam.example', answers);
  context = createTestContext({ env: { RUNBEAM_API_URL: cloud.origin } });
});
afterEach(() => context.close());

const newToken = (): string => `7|${randomBytes(20).toString('hex')}`;
const now = (): number => Math.floor(Date.now() / 1000);

/** Time that does not wait between polls. */
function hurried(): TestContext {
  return { ...context, clock: { ...context.clock, sleep: () => Promise.resolve() } };
}

async function saveSession(accessToken: string, expiresAt?: number): Promise<void> {
  const { key, name } = runbeamServer(context);
  const shape = { provider: 'runbeam', kind: 'session', dialect: 'runbeam', storage: 'age' } as const;
  await context.accounts.save(
    { key, server: name, ...shape, scopes: [], apiUrl: cloud.origin, user: 'alice@example.com' },
    { accessToken: new Secret(accessToken), ...(expiresAt === undefined ? {} : { expiresAt }) },
  );
}

/** The plain login file of the first versions of the older CLI. */
function leaveLegacyLogin(token: string, expiresAt = now() + 3600): string {
  mkdirSync(context.homes.runbeam, { mode: 0o700, recursive: true });
  const path = join(context.homes.runbeam, 'auth.json');
  writeFileSync(path, JSON.stringify({ token, expires_at: expiresAt, user: { id: '1', name: 'Al', email: 'al@example.com' } }));
  return path;
}

describe('login', () => {
  it('shows the URL, opens it, and saves an account of Runbeam Cloud', async () => {
    const [token, device] = [newToken(), randomBytes(8).toString('hex')];
    const page = `${cloud.origin}/cli/login?code=X`;
    answers['POST /api/cli/start-login'] = [200, { device_token: device, verification_url: page, expires_in_seconds: 600 }];
    const user = { id: '1', name: 'Alice', email: 'alice@example.com' };
    answers[`GET /api/cli/check-login/${device}`] = [200, { status: 'authenticated', token, expires_in: 3600, user }];
    const screen = testScreen();
    const result = await runbeamLogin({ ...hurried(), screen }, { browser: true });
    expect([screen.shown.map(({ verificationUri }) => verificationUri), context.opened]).toEqual([[page], [page]]);
    expect(result).toMatchObject({ apiUrl: cloud.origin, account: { provider: 'runbeam', user: 'alice@example.com' } });
    const account = await runbeamAccount(context);
    expect(account).toMatchObject({ server: runbeamServer(context).name, dialect: 'runbeam', apiUrl: cloud.origin });
    expect((await context.accounts.credential(account))?.accessToken.reveal()).toBe(token);
  });

  it('opens nothing when told not to, and saves nothing when it is denied', async () => {
    const page = `${cloud.origin}/p`;
    answers['POST /api/cli/start-login'] = [200, { device_token: 'd', verification_url: page, expires_in_seconds: 600 }];
    answers['GET /api/cli/check-login/d'] = [200, { status: 'expired' }];
    expect((await failure(() => runbeamLogin({ ...hurried(), screen: testScreen() }, { browser: false }))).code).toBe(
      'expired_token',
    );
    expect([context.opened, accountFileNames(context.homes)]).toEqual([[], []]);
  });
});

describe('the login of the older CLI', () => {
  it('is taken over once, said so, and left as it is', async () => {
    const token = newToken();
    const path = leaveLegacyLogin(token);
    const before = readFileSync(path, 'utf8');
    const account = await runbeamAccount(context);
    expect(account).toMatchObject({ provider: 'runbeam', user: 'al@example.com', apiUrl: cloud.origin });
    expect((await context.accounts.credential(account))?.accessToken.reveal()).toBe(token);
    expect(context.notes).toEqual([`Took over the login of the earlier runbeam from ${path}: it is for api.runbeam.example`]);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('does not come back after a logout, which says that it is still there', async () => {
    const path = leaveLegacyLogin(newToken());
    await runbeamLogout(context);
    expect(context.notes.slice(-2)).toEqual([
      `! The login of the earlier runbeam stays in ${path}; to end it here, too, remove that file`,
      `rm '${path}'`,
    ]);
    expect((await failure(() => runbeamAccount(context))).code).toBe('login_required');
  });

  const jwt = (iss: string): string =>
    [{ alg: 'RS256', kid: 'k' }, { iss, sub: '1' }, 'x']
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');

  it.each([
    [
      'its issuer',
      () => jwt('https://app.runbeam.example/api/cli/check-login/x'),
      'app.runbeam.example',
      'https://app.runbeam.example',
    ],
    ['its issuer, over https', () => jwt('http://app.runbeam.example/api'), 'app.runbeam.example', 'https://app.runbeam.example'],
  ])('is filed under %s and used for no other cloud', async (_, tokenFor, server, apiUrl) => {
    const token = tokenFor();
    leaveLegacyLogin(token);
    expect(await failure(() => runbeamAccount(context))).toEqual({
      code: 'login_required',
      message: `You are not logged in to Runbeam Cloud at api.runbeam.example; your login is for ${server}`,
      hint: { text: `Run runbeam login, or to use that one: export RUNBEAM_API_URL=${apiUrl}` },
    });
    expect((await failure(() => verify(context, {}))).code).toBe('login_required');
    expect(cloud.asked).toEqual([]);
    const there = { ...context, env: { ...context.env, RUNBEAM_API_URL: apiUrl } };
    const account = await runbeamAccount(there);
    expect(account).toMatchObject({ server, apiUrl });
    expect((await context.accounts.credential(account))?.accessToken.reveal()).toBe(token);
  });

  it.each([
    ['the default of that CLI', {}, undefined, 'app.runbeam.io'],
    ['what it was configured for', {}, 'http://their.runbeam.example/api', 'their.runbeam.example'],
  ])('of an opaque token is filed under %s', async (_, env, configured, server) => {
    const own = { ...context, env: { BEAMD_NO_AGENT: '1', ...env } };
    leaveLegacyLogin(newToken());
    if (configured !== undefined) {
      writeFileSync(join(context.homes.runbeam, 'config.json'), JSON.stringify({ api_url: configured }), { mode: 0o600 });
    }
    expect(await importLegacyLogin(own)).toMatchObject({ server, apiUrl: `https://${server}` });
  });

  it('is not taken over when it has expired', async () => {
    leaveLegacyLogin(newToken(), now() - 10);
    expect(await failure(() => runbeamAccount(context))).toEqual({
      code: 'login_required',
      message: `You are not logged in to Runbeam Cloud at ${runbeamServer(context).name}`,
      hint: { command: 'runbeam login' },
    });
  });
});

describe('logout', () => {
  it('removes the account and says what lives on', async () => {
    await saveSession(newToken(), now() + 3600);
    expect(await runbeamLogout(context)).toMatchObject({ server: runbeamServer(context).name, session: 'unsupported' });
    expect(accountFileNames(context.homes)).toEqual([]);
    expect((await failure(() => runbeamLogout(context))).code).toBe('login_required');
  });
});

describe('verify', () => {
  const login = {
    as: 'login',
    title: 'the login of alice@example.com',
    passedOver: [],
    again: { command: 'runbeam login' },
  };
  const opaque = (): Record<string, unknown> => ({
    ...login,
    kind: 'opaque',
    server: runbeamServer(context).name,
    user: 'alice@example.com',
  });

  it.each<[number, unknown, { status: string; reason?: string }]>([
    [200, { data: [] }, { status: 'valid' }],
    [401, {}, { status: 'rejected', reason: 'HOST does not accept the token' }],
    [500, {}, { status: 'unverified', reason: 'HOST gave no usable answer' }],
  ])('an opaque token by asking: %d', async (status, body, expected) => {
    answers['GET /gateways'] = [status, body];
    const token = newToken();
    await saveSession(token);
    const result = await verify(context, {});
    const reason = expected.reason?.replace('HOST', runbeamServer(context).name);
    expect(result).toEqual({ ...opaque(), ...expected, ...(reason === undefined ? {} : { reason }) });
    expect(cloud.asked.at(-1)?.bearer).toBe(token);
  });

  it('is unverified offline, never rejected', async () => {
    await saveSession(newToken());
    answers['GET /api/harmony/base-url'] = 'reset';
    expect((await verify(context, {})).status).toBe('unverified');
  });

  it('a JWT against the key set of its issuer', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
    answers['GET /api/.well-known/jwks.json'] = [200, { keys: [jwk] }];
    const exp = now() + 600;
    const claims = { user: { id: 1, name: 'Alice', email: 'alice@example.com' }, team: { id: 2, name: 'Clinic\u202e' } };
    const sign = (iss: string, end: number): Promise<string> =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
        .setIssuer(iss)
        .setSubject('1')
        .setIssuedAt()
        .setExpirationTime(end)
        .sign(privateKey);
    await saveSession(await sign(`${cloud.origin}/api/cli`, exp));
    const base = { ...login, kind: 'jwt', server: runbeamServer(context).name, user: 'alice@example.com' };
    expect(await verify(context, {})).toEqual({ ...base, status: 'valid', team: 'Clinic', expiresAt: exp });

    await saveSession(await sign(cloud.origin, now() - 600));
    expect((await verify(context, {})).status).toBe('rejected');
    await saveSession(await sign('https://evil.example', exp));
    expect((await verify(context, {})).status).toBe('rejected');
  });

  it('asks for a login when there is no session', async () => {
    expect((await failure(() => verify(context, {}))).code).toBe('login_required');
  });
});
