import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BeamError } from '../../errors.ts';
import { mockNetwork, type Answer, type Answers, type MockedServer } from '../../net/msw.testing.ts';
import { randomToken } from '../../auth/auth.testing.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { readGlobalConfig } from '../../store/config/beamd-config.ts';
import { parseServer } from '../../store/server.ts';
import { saveAccount, testContexts, type TestContext } from '../services.testing.ts';
import { switchAccount } from '../beamd/switch.ts';
import { resolveTarget } from '../target/ladder.ts';
import { login } from './login.ts';
import { testScreen } from './screen.testing.ts';
import type { LoginInput, LoginResult } from './types.ts';
import { accountFileNames } from '../../store/accounts/account-reader.ts';

const contextFor = testContexts();
const ORGS = [{ slug: 'alice', role: 'owner' }, { slug: 'acme' }];
const INPUT: LoginInput = { insecure: false };

const network = mockNetwork();
let edges = 0;

/** Of another edge each time. */
function newOrigin(): string {
  edges += 1;
  return `http://127.0.0.1:${4000 + edges}`;
}

interface Edge extends MockedServer {
  readonly accessToken: string;
  readonly refreshToken: string;
}

function startEdge(more: Answers = {}, answer: Record<string, unknown> = {}): Edge {
  const accessToken = randomToken();
  const refreshToken = randomToken();
  const origin = newOrigin();
  const server = network.serve(origin, {
    'GET /.well-known/beam-auth': [
      200,
      {
        device_code_url: `${origin}/code`,
        token_url: `${origin}/token`,
        verification_uri: `${origin}/device`,
        revocation_url: `${origin}/revoke`,
      },
    ],
    'POST /code': [
      200,
      {
        device_code: 'device-1',
        user_code: 'BCDF-GHJK',
        verification_uri: `${origin}/device`,
        verification_uri_complete: `${origin}/device?user_code=BCDF-GHJK`,
        expires_in: 60,
        interval: 1,
      },
    ],
    'POST /token': [
      200,
      { access_token: accessToken, refresh_token: refreshToken, expires_in: 3600, user: 'alice', scopes: ORGS, ...answer },
    ],
    'POST /revoke': [200, {}],
    'GET /api/scopes': [200, { user: 'alice', scopes: answer['scopes'] ?? ORGS }],
    ...more,
  });
  return { ...server, accessToken, refreshToken };
}

const SCREEN = testScreen();

function logIn(input: Partial<LoginInput>, context: TestContext): Promise<LoginResult> {
  return login({ ...context, screen: SCREEN }, { ...INPUT, ...input });
}

describe('device login', () => {
  test('shows the code, opens the browser and saves an account that becomes current', async () => {
    const edge = startEdge();
    const context = contextFor();
    const { name, key } = parseServer(edge.origin);
    const result = await logIn({ server: edge.origin }, context);
    expect(result).toEqual({
      account: {
        key,
        server: name,
        provider: 'edge',
        kind: 'session',
        dialect: 'beam-auth',
        user: 'alice',
        scopes: ORGS,
        defaultScope: 'alice',
        storage: 'age',
      },
      current: true,
      replaced: false,
      check: 'valid',
    });
    expect(SCREEN.shown.at(-1)?.userCode).toBe('BCDF-GHJK');
    expect(context.opened).toEqual([`${edge.origin}/device?user_code=BCDF-GHJK`]);
    expect(await readGlobalConfig(context.homes)).toEqual({ current: name, defaults: {} });
    expect((await context.accounts.credential(result.account))?.refreshToken?.reveal()).toBe(edge.refreshToken);
    const file = readFileSync(join(context.homes.beamd, 'accounts', `${key}.yaml`), 'utf8');
    expect(file).not.toContain(edge.accessToken);
    expect(file).not.toContain(edge.refreshToken);
    expect(context.notes).toEqual([]);
  });

  test('goes on to be called by the name that was typed, where the server calls itself otherwise', async () => {
    const edge = startEdge();
    const context = contextFor();
    const typed = startEdge({}, { edge: edge.origin });
    await logIn({ server: typed.origin }, context);
    const { key, name } = parseServer(edge.origin);
    const account = await context.accounts.read(key);
    expect([account?.server, account?.typedAs]).toEqual([name, [parseServer(typed.origin).name]]);
    const { origin } = typed;
    expect(await resolveTarget(context, { server: origin })).toMatchObject({ kind: 'account', account: { key } });
    expect((await switchAccount(context, { server: origin })).account.key).toBe(key);
    await logIn({ server: origin }, context);
    expect((await context.accounts.read(key))?.typedAs).toEqual(account?.typedAs);
  });

  test('without a browser only the URL is shown', async () => {
    const edge = startEdge();
    const context = contextFor();
    await logIn({ server: edge.origin, browser: false }, context);
    expect(context.opened).toEqual([]);
  });

  test('a bare login asks BEAMD_DEFAULT_HOST, and BEAMD_SERVER before it', async () => {
    const [first, second] = [startEdge(), startEdge()];
    const context = contextFor({ env: { BEAMD_DEFAULT_HOST: first.origin } });
    expect((await logIn({}, context)).account.server).toBe(first.origin);
    const other = contextFor({ env: { BEAMD_DEFAULT_HOST: first.origin, BEAMD_SERVER: second.origin } });
    expect((await logIn({}, other)).account.server).toBe(second.origin);
  });

  test('a bare login in a project names its server, and asks nobody', async () => {
    const edge = startEdge();
    const context = contextFor({ env: { BEAMD_DEFAULT_HOST: edge.origin } });
    await saveAccount(context, 'edge.example.com');
    const deep = { ...context, cwd: join(context.cwd, 'project', 'deep') };
    mkdirSync(deep.cwd, { recursive: true });
    writeFileSync(join(context.cwd, 'project', '.beamd'), 'server: HTTPS://Edge.example.com/\nscope: acme\n');
    expect(await failure(() => logIn({}, deep))).toEqual({
      code: 'usage',
      message: 'This project uses edge.example.com',
      hint: { command: 'beamd login --server edge.example.com' },
    });
    expect((await failure(() => logIn({ account: 'work' }, deep))).hint).toEqual({
      command: 'beamd login --server edge.example.com --account work',
    });
    expect(edge.asked).toEqual([]);
    expect((await logIn({ server: edge.origin }, deep)).account.server).toBe(edge.origin);
    const said = { ...deep, env: { ...deep.env, BEAMD_SERVER: edge.origin } };
    expect((await logIn({}, said)).account.server).toBe(edge.origin);
  });

  test('a bare login in a project that pins an org alone asks the default host; a project that cannot be read, nobody', async () => {
    const edge = startEdge();
    const home = contextFor({ env: { BEAMD_DEFAULT_HOST: edge.origin } });
    const context = { ...home, cwd: join(home.cwd, 'project') };
    mkdirSync(context.cwd);
    const file = join(context.cwd, '.beamd');
    writeFileSync(file, 'scope: acme\n');
    expect((await logIn({}, context)).account.server).toBe(edge.origin);
    const asked = edge.asked.length;
    writeFileSync(file, 'server: [\n');
    expect((await failure(() => logIn({}, context))).code).toBe('bad_file');
    expect(edge.asked.length).toBe(asked);
  });

  test('--scope becomes the default', async () => {
    const edge = startEdge();
    const result = await logIn({ server: edge.origin, scope: 'acme' }, contextFor());
    expect(result.account.defaultScope).toBe('acme');
  });

  test('an org that the account does not have: nothing is saved and the session is revoked', async () => {
    const edge = startEdge();
    const context = contextFor();
    expect(await failure(() => logIn({ server: edge.origin, scope: 'nope' }, context))).toEqual({
      code: 'unknown_scope',
      message: `${edge.origin} has no org "nope" for you; its orgs: alice, acme`,
      hint: { command: `beamd orgs --refresh --server ${edge.origin}` },
    });
    expect(accountFileNames(context.homes)).toEqual([]);
    expect(edge.asked.map(({ call }) => call)).toContain('POST /revoke');
  });

  /** An edge that gives other tokens at its second login, with what it was asked to revoke. */
  function startTwice(more: Answers = {}): { readonly edge: Edge; readonly first: string; readonly revoked: () => string[] } {
    const [first, second] = [randomToken(), randomToken()];
    const given = [first, second];
    const grant = (): Answer => {
      const token = given.shift();
      return [200, { access_token: `a-${String(token)}`, refresh_token: token, expires_in: 3600, user: 'alice', scopes: ORGS }];
    };
    const edge = startEdge({ 'POST /token': grant, ...more });
    const revoked = (): string[] =>
      edge.asked
        .filter(({ call }) => call === 'POST /revoke')
        .map(({ json }) => String((json as { token?: string } | undefined)?.token));
    return { edge, first, revoked };
  }

  test('logging in again keeps the chosen default, and revokes the session that it replaces', async () => {
    const { edge, first, revoked } = startTwice();
    const context = contextFor();
    const { account } = await logIn({ server: edge.origin }, context);
    await context.accounts.update(account.key, (stored) => ({ ...stored, defaultScope: 'acme' }));
    const again = await logIn({ server: edge.origin }, context);
    expect(again).toEqual({
      account: { ...account, defaultScope: 'acme' },
      current: false,
      replaced: true,
      earlierSession: 'revoked',
      check: 'valid',
    });
    expect(context.notes).toEqual([`Replaced the earlier login of alice on ${edge.origin}; its session was revoked`]);
    expect(revoked()).toEqual([first, `a-${first}`]);
  });

  test('what cannot be revoked is said, and the new login stands', async () => {
    const { edge } = startTwice({ 'POST /revoke': [503, {}] });
    const context = contextFor();
    const { account } = await logIn({ server: edge.origin }, context);
    expect((await logIn({ server: edge.origin }, context)).earlierSession).toBe('unreachable');
    const locked = startTwice();
    const other = contextFor();
    const { key } = (await logIn({ server: locked.edge.origin }, other)).account;
    await other.accounts.withLock(key, (one) => one.lock(new Secret('passphrase')));
    expect((await logIn({ server: locked.edge.origin }, other)).earlierSession).toBe('unreadable');
    expect([...context.notes, ...other.notes]).toEqual([
      `! Replaced the earlier login of alice on ${account.server}; its session could not be revoked and ends by itself`,
      `! Replaced the earlier login of alice on ${locked.edge.origin}; its session could not be read to be revoked, and ends by itself`,
    ]);
    expect(locked.revoked()).toEqual([]);
  });

  test('a session that the server gives out twice is not revoked', async () => {
    const edge = startEdge();
    const context = contextFor();
    await logIn({ server: edge.origin }, context);
    expect((await logIn({ server: edge.origin }, context)).earlierSession).toBe('unsupported');
    expect(edge.asked.map(({ call }) => call)).not.toContain('POST /revoke');
  });

  test('a code that expires is followed by another one, where the user wants it', async () => {
    const edge = startEdge({ 'POST /token': [400, { error: 'expired_token' }] });
    const wants = [true, true, false];
    const screen = testScreen({ attended: true, askForAnother: () => Promise.resolve(wants.shift() === true) });
    const work = (): Promise<LoginResult> => login({ ...contextFor(), screen }, { ...INPUT, server: edge.origin });
    expect(await failure(work)).toEqual({
      code: 'expired_token',
      message: 'The login expired before it was approved',
      hint: { command: `beamd login --server ${edge.origin}` },
    });
    expect([screen.shown.length, wants]).toEqual([3, []]);
    const unattended = testScreen({ askForAnother: () => Promise.reject(new Error('nobody can answer')) });
    const alone = (): Promise<LoginResult> => login({ ...contextFor(), screen: unattended }, { ...INPUT, server: edge.origin });
    expect((await failure(alone)).code).toBe('expired_token');
  });

  test('another server cannot put its session in the place of a login: refused, revoked, and the login is kept', async () => {
    const edge = startEdge();
    const context = contextFor();
    await logIn({ server: edge.origin }, context);
    const [key = ''] = accountFileNames(context.homes);
    const before = await context.accounts.read(key);
    const stranger = startEdge({}, { edge: edge.origin });
    expect(await failure(() => logIn({ server: stranger.origin }, context))).toEqual({
      code: 'forbidden',
      message: `${stranger.origin} gave a login for ${edge.origin}, where you are logged in already`,
      hint: { command: `beamd logout --server ${edge.origin}` },
    });
    expect(accountFileNames(context.homes)).toEqual([key]);
    expect(await context.accounts.read(key)).toEqual(before);
    expect((await context.accounts.credential({ key }))?.accessToken.reveal()).toBe(edge.accessToken);
    expect(stranger.asked.map(({ call }) => call)).toContain('POST /revoke');
  });

  test('an account without orgs has no default', async () => {
    const edge = startEdge({}, { scopes: [] });
    const { account } = await logIn({ server: edge.origin }, contextFor());
    expect({ scopes: account.scopes, defaultScope: account.defaultScope }).toEqual({ scopes: [], defaultScope: undefined });
  });

  test('Ctrl-C while it waits: interrupted, nothing saved', async () => {
    const edge = startEdge({ 'POST /token': [400, { error: 'authorization_pending' }] });
    const context = contextFor();
    const stop = new AbortController();
    const show = (): Promise<void> => {
      stop.abort(new BeamError('interrupted', 'Interrupted'));
      return Promise.resolve();
    };
    const screen = { ...SCREEN, show };
    const work = login({ ...context, screen, signal: stop.signal }, { ...INPUT, server: edge.origin });
    expect((await failure(() => work)).code).toBe('interrupted');
    expect(accountFileNames(context.homes)).toEqual([]);
  });

  test('a denial: access_denied, nothing saved', async () => {
    const edge = startEdge({ 'POST /token': [400, { error: 'access_denied' }] });
    const context = contextFor();
    expect((await failure(() => logIn({ server: edge.origin }, context))).code).toBe('access_denied');
    expect(accountFileNames(context.homes)).toEqual([]);
  });

  test('storage that cannot be written fails before a code is asked for', async () => {
    const edge = startEdge();
    const context = contextFor();
    mkdirSync(context.homes.beamd, { recursive: true });
    writeFileSync(join(context.homes.beamd, 'accounts'), '');
    chmodSync(context.homes.beamd, 0o700);
    expect((await failure(() => logIn({ server: edge.origin }, context))).code).toBe('unsafe_path');
    expect(edge.asked).toEqual([]);
  });

  test('a server without device login shows how to log in with a token', async () => {
    const documents = ['beam-auth', 'openid-configuration', 'oauth-authorization-server'];
    const none = documents.map((name): [string, Answer] => [`GET /.well-known/${name}`, [404, {}]]);
    const edge = network.serve(newOrigin(), Object.fromEntries(none));
    expect(await failure(() => logIn({ server: edge.origin }, contextFor()))).toEqual({
      code: 'no_device_login',
      message: `${edge.origin} offers no device login: it is self-hosted and takes a token`,
      hint: { command: `beamd login --server ${edge.origin} --token -` },
    });
  });
});

describe('static token', () => {
  function selfHosted(answer: Answer = [404, {}]): MockedServer {
    return network.serve(newOrigin(), { 'GET /.well-known/beam-auth': [404, {}], 'GET /api/v1/workspace': answer });
  }

  test('from standard input, unchecked on a self-hosted edge', async () => {
    const edge = selfHosted();
    const token = randomToken();
    const context = contextFor({ stdin: `${token}\n` });
    const result = await logIn({ server: edge.origin, token: { kind: 'stdin' } }, context);
    expect(result).toEqual({
      account: {
        key: parseServer(edge.origin).key,
        server: edge.origin,
        provider: 'edge',
        kind: 'token',
        dialect: 'static',
        scopes: [],
        storage: 'age',
      },
      current: true,
      replaced: false,
      check: 'unchecked',
    });
    expect((await context.accounts.credential(result.account))?.accessToken.reveal()).toBe(token);
    expect(context.notes).toEqual([]);
  });

  test('from a file, and known to the edge', async () => {
    const edge = selfHosted([200, { slug: 'acme', name: 'Acme', provisioned: true }]);
    const context = contextFor();
    const path = join(context.homes.user, 'token.txt');
    writeFileSync(path, `${randomToken()}\n`);
    expect((await logIn({ server: edge.origin, token: { kind: 'file', path } }, context)).check).toBe('valid');
  });

  test('on the command line it warns once, and --scope changes nothing', async () => {
    const edge = selfHosted();
    const context = contextFor();
    const token = { kind: 'literal', value: new Secret(randomToken()) } as const;
    await logIn({ server: edge.origin, token, scope: 'acme' }, context);
    expect(context.notes).toEqual([
      '! A token on the command line shows up in ps and in the shell history',
      '--token - reads it from standard input',
      '! A token belongs to one org or to none: --scope changes nothing',
    ]);
  });

  test('BEAMD_TOKEN that is set is warned of', async () => {
    const edge = selfHosted();
    const context = contextFor({ stdin: randomToken(), env: { BEAMD_TOKEN: randomToken() } });
    await logIn({ server: edge.origin, token: { kind: 'stdin' } }, context);
    expect(context.notes).toEqual(['! BEAMD_TOKEN is set and wins over this login', 'unset BEAMD_TOKEN']);
  });

  test('one that the edge does not know is refused', async () => {
    const edge = selfHosted([401, {}]);
    const context = contextFor({ stdin: randomToken() });
    expect((await failure(() => logIn({ server: edge.origin, token: { kind: 'stdin' } }, context))).code).toBe('token_rejected');
    expect(accountFileNames(context.homes)).toEqual([]);
  });

  test('an edge that cannot be reached does not stop the login', async () => {
    network.serve('http://127.0.0.1:1', { 'GET /.well-known/beam-auth': 'reset' });
    const context = contextFor({ stdin: randomToken() });
    const result = await logIn({ server: 'http://127.0.0.1:1', token: { kind: 'stdin' } }, context);
    expect(result.check).toBe('unchecked');
    expect(context.notes).toEqual([expect.stringMatching(/^! http:\/\/127\.0\.0\.1:1 could not be asked/)]);
  });

  describe('for a hosted edge', () => {
    const [edge, plane] = ['https://edge.example.com', 'https://plane.example.org'];
    const document = { device_code_url: `${plane}/code`, token_url: `${plane}/token` };

    async function loggedIn(answer: Answer, context: TestContext): Promise<LoginResult> {
      network.serve(edge, { 'GET /.well-known/beam-auth': [200, document] });
      network.serve(plane, { 'GET /api/v1/workspace': answer });
      return logIn({ server: 'edge.example.com', token: { kind: 'stdin' } }, context);
    }

    test('its control plane says whether it is good, and is remembered', async () => {
      const context = contextFor({ stdin: randomToken() });
      const { account, check } = await loggedIn([200, { slug: 'acme', name: 'Acme', provisioned: true }], context);
      expect([check, account.server, account.controlPlane]).toEqual(['valid', 'edge.example.com', 'plane.example.org']);
      expect(context.notes).toEqual(['edge.example.com is an edge of plane.example.org, which knows this token']);
      const refused = contextFor({ stdin: randomToken() });
      expect((await failure(() => loggedIn([401, {}], refused))).code).toBe('token_rejected');
    });

    test('a control plane that cannot say is named', async () => {
      const context = contextFor({ stdin: randomToken() });
      expect((await loggedIn([404, {}], context)).check).toBe('unchecked');
      expect(context.notes).toEqual([
        '! edge.example.com could not be asked whether the token is good: plane.example.org cannot be asked about API keys: it has no such API (404)',
      ]);
    });
  });

  test.each([
    ['a token', { token: { kind: 'literal', value: new Secret('x') } }, '--token', 'beamd login --server HOST --token -'],
    ['standard input', { token: { kind: 'stdin' } }, '--token', 'beamd login --server HOST --token -'],
    ['a file', { token: { kind: 'file', path: '/nowhere' } }, '--token', 'beamd login --server HOST --token-file FILE'],
    [
      'an issuer',
      { issuer: 'https://sso.example.com/x' },
      '--issuer',
      'beamd login --server HOST --issuer https://sso.example.com/x',
    ],
  ] as const)('%s goes nowhere by default', async (_, input, flag, command) => {
    const context = contextFor({ env: { BEAMD_DEFAULT_HOST: 'plane.example.org' } });
    expect(await failure(() => logIn(input, context))).toEqual({
      code: 'usage',
      message: `${flag} needs --server: which server is it for?`,
      hint: { command },
    });
  });

  test('BEAMD_SERVER says whose a token is', async () => {
    const edge = selfHosted();
    const context = contextFor({ stdin: randomToken(), env: { BEAMD_SERVER: edge.origin } });
    expect((await logIn({ token: { kind: 'stdin' } }, context)).account.server).toBe(edge.origin);
  });

  test.each([
    ['nothing', ' \n', 'The token is empty'],
    ['two lines', 'a\nb', 'The token holds a space, a line break or another character that no token has'],
    ['an escape', 'a\u001b[31m', 'The token holds a space, a line break or another character that no token has'],
  ])('%s is no token', async (_, stdin, message) => {
    const context = contextFor({ stdin });
    const failed = await failure(() => logIn({ server: 'http://127.0.0.1:1', token: { kind: 'stdin' } }, context));
    expect({ code: failed.code, message: failed.message }).toEqual({ code: 'usage', message });
    expect(readdirSync(context.homes.user)).toEqual([]);
  });
});
