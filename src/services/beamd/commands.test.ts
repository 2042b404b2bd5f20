import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mockNetwork, type Answers, type MockedServer } from '../../net/msw.testing.ts';
import { randomToken } from '../../auth/auth.testing.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { readGlobalConfig, updateGlobalConfig } from '../../store/config/beamd-config.ts';
import { accountFile, agentLog } from '../../store/paths.ts';
import { saveAccount, testContexts } from '../services.testing.ts';
import { edgeAccounts } from './accounts.ts';
import { switchAccount } from './switch.ts';
import { agentStatus, agentStop } from './agent.ts';
import { checkConfig } from './check-api-key.ts';
import { defaultScope } from './default.ts';
import { logout } from '../login/logout.ts';
import { orgs } from './orgs.ts';
import { status } from './status.ts';
import { childEnv, token } from '../token/token.ts';
import { whoami } from './whoami.ts';
import { accountFileNames } from '../../store/accounts/account-reader.ts';

const contextFor = testContexts();

const network = mockNetwork();
const ORIGIN = 'http://127.0.0.1:4000';

/** What an edge without a control plane says of one. */
const SELF: Answers = { 'GET /.well-known/beam-auth': [404, {}] };

function serve(answers: Answers, origin = ORIGIN): MockedServer {
  return network.serve(origin, answers);
}

const EDGE = 'edge.example.com';
const SELF_HOSTED = { kind: 'token', dialect: 'static', scopes: [] } as const;

describe('default', () => {
  test('shows, sets and keeps the credential', async () => {
    const context = contextFor();
    const account = await saveAccount(context, EDGE);
    const before = (await context.accounts.credential(account))?.accessToken.reveal();
    expect(await defaultScope(context, {})).toEqual({
      server: EDGE,
      defaultScope: 'alice',
      stale: false,
      changed: false,
      asked: 'show',
    });
    expect(await defaultScope(context, { newDefault: 'acme' })).toEqual({
      server: EDGE,
      defaultScope: 'acme',
      stale: false,
      changed: true,
      asked: 'set',
    });
    expect((await context.accounts.read(account.key))?.defaultScope).toBe('acme');
    expect((await context.accounts.credential(account))?.accessToken.reveal()).toBe(before);
  });

  test('an org that the account does not have is refused with the list', async () => {
    const context = contextFor();
    await saveAccount(context, EDGE);
    expect(await failure(() => defaultScope(context, { newDefault: 'nope' }))).toEqual({
      code: 'unknown_scope',
      message: `${EDGE} has no org "nope" for you; its orgs: alice, acme`,
      hint: { command: `beamd orgs --refresh --server ${EDGE}` },
    });
  });

  test('a stale default is reported', async () => {
    const context = contextFor();
    await saveAccount(context, EDGE, { defaultScope: 'gone' });
    expect(await defaultScope(context, {})).toMatchObject({ defaultScope: 'gone', stale: true, changed: false });
    expect(await orgs(context, { refresh: false })).toMatchObject({ defaultScope: 'gone', staleDefault: true });
  });

  test('a self-hosted server has none', async () => {
    const context = contextFor();
    await context.accounts.save(
      { key: EDGE, server: EDGE, provider: 'edge', storage: 'age', ...SELF_HOSTED },
      { accessToken: new Secret(randomToken()) },
    );
    expect(await defaultScope(context, {})).toEqual({ server: EDGE, stale: false, changed: false, asked: 'show' });
    expect((await failure(() => defaultScope(context, { newDefault: 'acme' }))).code).toBe('unknown_scope');
  });
});

describe('orgs', () => {
  test('lists what the account has, with the one acted for', async () => {
    const context = contextFor({ env: { BEAMD_SCOPE: 'acme' } });
    const { scopes } = await saveAccount(context, EDGE);
    expect(await orgs(context, { refresh: false })).toEqual({
      server: EDGE,
      user: 'alice',
      selfHosted: false,
      scopes: scopes,
      defaultScope: 'alice',
      staleDefault: false,
      active: 'acme',
    });
  });

  test('--refresh asks the control plane where there is one', async () => {
    const scopes = [{ slug: 'alice' }, { slug: 'new' }];
    serve({ 'GET /api/scopes': [200, { user: 'alice', scopes }] }, 'https://plane.example.org');
    const context = contextFor();
    await saveAccount(context, EDGE, { controlPlane: 'plane.example.org' });
    expect(await orgs(context, { refresh: true })).toMatchObject({ server: EDGE, scopes });
  });

  test('--refresh where there is no list says so, and keeps what the login gave', async () => {
    serve({ 'GET /api/scopes': [404, {}] }, 'https://plane.example.org');
    const context = contextFor();
    const account = await saveAccount(context, EDGE, { controlPlane: 'plane.example.org' });
    expect(await failure(() => orgs(context, { refresh: true }))).toEqual({
      code: 'bad_answer',
      message: 'plane.example.org has no list of orgs (404); what the login gave stays',
      hint: { command: `beamd login --server ${EDGE}` },
    });
    expect((await context.accounts.read(account.key))?.scopes).toEqual(account.scopes);
  });

  test('--refresh asks the edge and saves', async () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ slug: `org-${index}`, role: 'member' }));
    const edge = serve({ 'GET /api/scopes': [200, { user: 'alice b', scopes: many }] });
    const context = contextFor();
    const account = await saveAccount(context, edge.origin);
    const result = await orgs(context, { refresh: true });
    expect(result).toMatchObject({ user: 'alice b', scopes: many, staleDefault: true });
    expect((await context.accounts.read(account.key))?.scopes).toEqual(many);
  });

  test('of an API key: its workspace', async () => {
    const edge = serve({ ...SELF, 'GET /api/v1/workspace': [200, { slug: 'acme', name: 'Acme', provisioned: true }] });
    const context = contextFor();
    const config = join(context.homes.user, 'app.yaml');
    writeFileSync(config, `server: ${edge.origin}\ntoken: ${randomToken()}\n`);
    expect(await orgs(context, { config, refresh: false })).toEqual({
      server: edge.origin,
      selfHosted: false,
      scopes: [{ slug: 'acme' }],
      staleDefault: false,
      active: 'acme',
    });
  });
});

describe('accounts and switch', () => {
  test('one is current, broken files are named, and the runbeam account is not shown', async () => {
    const context = contextFor();
    const first = await saveAccount(context, EDGE);
    const second = await saveAccount(context, `${EDGE}:8443`);
    await saveAccount(context, 'api.runbeam.io', { provider: 'runbeam', dialect: 'runbeam' });
    writeFileSync(join(context.homes.beamd, 'accounts', 'broken.example.com.yaml'), '{', { mode: 0o600 });
    expect(await switchAccount(context, { server: `https://${EDGE}:8443/` })).toEqual({ account: second });
    const listed = await edgeAccounts(context, {});
    expect(listed.accounts).toEqual([
      { account: first, current: false, login: { state: 'logged_in' } },
      { account: second, current: true, login: { state: 'logged_in' } },
    ]);
    expect(listed.problems.map(({ path }) => path)).toEqual([expect.stringContaining('broken.example.com.yaml')]);
    expect((await edgeAccounts(context, { server: EDGE })).accounts).toEqual([
      { account: first, current: false, login: { state: 'logged_in' } },
    ]);
  });

  test('a server without account cannot become current', async () => {
    expect(await failure(() => switchAccount(contextFor(), { server: EDGE }))).toEqual({
      code: 'login_required',
      message: `You are not logged in to ${EDGE}`,
      hint: { command: `beamd login --server ${EDGE}` },
    });
  });

  test('BEAMD_SERVER that wins is said', async () => {
    const context = contextFor({ env: { BEAMD_SERVER: 'other.example.com' } });
    const account = await saveAccount(context, EDGE);
    expect(await switchAccount(context, { server: EDGE })).toEqual({ account, overriddenBy: 'other.example.com' });
  });
});

describe('logout', () => {
  const METADATA = [
    200,
    {
      device_code_url: `${ORIGIN}/code`,
      token_url: `${ORIGIN}/token`,
      verification_uri: `${ORIGIN}/device`,
      revocation_url: `${ORIGIN}/revoke`,
    },
  ] as const;

  test('revokes, deletes file and log, and the only other server becomes current', async () => {
    const edge = serve({ 'GET /.well-known/beam-auth': METADATA, 'POST /revoke': [200, {}] });
    const context = contextFor();
    const account = await saveAccount(context, edge.origin, {}, { refreshToken: new Secret(randomToken()) });
    await saveAccount(context, EDGE);
    await updateGlobalConfig(context, (config) => ({ ...config, current: account.server }));
    const log = agentLog(context.homes, account.key);
    mkdirSync(join(log, '..'), { mode: 0o700 });
    writeFileSync(log, 'a line\n');
    expect(await logout(context, { all: false })).toEqual({
      accounts: [{ server: edge.origin, user: 'alice', session: 'revoked', kind: 'session', agentStopped: false }],
      current: { server: EDGE },
      undecided: false,
    });
    expect(edge.asked.map(({ call }) => call)).toContain('POST /revoke');
    expect({ log: existsSync(log), keys: accountFileNames(context.homes) }).toEqual({ log: false, keys: [EDGE] });
  });

  test('tells of keys that a .beamd does not have, once', async () => {
    const context = contextFor();
    await saveAccount(context, EDGE, SELF_HOSTED);
    const cwd = join(context.homes.user, 'project');
    mkdirSync(cwd);
    writeFileSync(join(cwd, '.beamd'), `server: ${EDGE}\nscpoe: acme\n`);
    await logout({ ...context, cwd }, { all: false });
    expect(context.notes).toEqual([`! ${join(cwd, '.beamd')}:2: .beamd has no key \`scpoe\`; did you mean \`scope\`?`]);
  });

  test('offline it deletes all the same and says what is alive', async () => {
    serve({ 'GET /.well-known/beam-auth': 'reset' }, 'http://127.0.0.1:1');
    const context = contextFor();
    const expiresAt = Math.floor(Date.parse('2100-01-01') / 1000);
    await saveAccount(context, 'http://127.0.0.1:1', {}, { refreshToken: new Secret(randomToken()), expiresAt });
    await updateGlobalConfig(context, (config) => ({ ...config, current: 'http://127.0.0.1:1' }));
    expect(await logout(context, { all: false })).toEqual({
      accounts: [
        { server: 'http://127.0.0.1:1', user: 'alice', session: 'unreachable', expiresAt, kind: 'session', agentStopped: false },
      ],
      undecided: false,
    });
    expect({ keys: accountFileNames(context.homes), config: await readGlobalConfig(context.homes) }).toEqual({
      keys: [],
      config: { defaults: {} },
    });
  });

  test('of several servers that are left, none becomes current by itself', async () => {
    const context = contextFor();
    await saveAccount(context, EDGE, SELF_HOSTED);
    await saveAccount(context, 'b.example.com', SELF_HOSTED);
    await saveAccount(context, 'c.example.com', SELF_HOSTED);
    await updateGlobalConfig(context, (config) => ({ ...config, current: EDGE }));
    expect(await logout(context, { all: false })).toMatchObject({ undecided: true });
    expect(await readGlobalConfig(context.homes)).toEqual({ defaults: {} });
  });

  test('--all removes files that cannot be read, and leaves those that are of no edge', async () => {
    const context = contextFor();
    await saveAccount(context, EDGE, SELF_HOSTED);
    const broken = accountFile(context.homes, 'b.example.com');
    writeFileSync(broken, 'server: [\n', { mode: 0o600 });
    const cloud = accountFile(context.homes, 'c.example.com');
    writeFileSync(cloud, 'server: [\nprovider: runbeam\n', { mode: 0o600 });
    const { accounts } = await logout(context, { all: true });
    expect(accounts).toMatchObject([{ server: EDGE }, { server: 'b.example.com', session: 'unreadable' }]);
    expect(context.notes.filter((note) => note.startsWith(`! Not logged out of ${cloud}, which stays: `))).toHaveLength(1);
    expect([existsSync(broken), existsSync(cloud)]).toEqual([false, true]);
  });

  test('--all leaves the runbeam account alone', async () => {
    const context = contextFor();
    await saveAccount(context, EDGE, SELF_HOSTED);
    await saveAccount(context, 'api.runbeam.io', { provider: 'runbeam', dialect: 'runbeam' });
    const { accounts } = await logout(context, { all: true });
    expect(accounts.map(({ server, kind, session }) => ({ server, kind, session }))).toEqual([
      { server: EDGE, kind: 'token', session: 'unsupported' },
    ]);
    expect(accountFileNames(context.homes)).toEqual(['api.runbeam.io']);
    expect((await failure(() => logout(context, { all: true }))).code).toBe('login_required');
  });
});

describe('whoami and token', () => {
  test('of an account, without asking anybody', async () => {
    const context = contextFor({ env: { BEAMD_TOKEN: '' } });
    await saveAccount(context, EDGE);
    expect(await whoami(context, {})).toEqual({
      server: EDGE,
      source: 'account',
      user: 'alice',
      scope: 'alice',
      role: 'owner',
      selfHosted: false,
    });
  });

  test('of BEAMD_TOKEN: the edge is asked', async () => {
    const edge = serve({
      ...SELF,
      'GET /api/v1/workspace': [401, {}],
      'GET /api/scopes': [200, { user: 'bot', scopes: [{ slug: 'acme', role: 'ci' }] }],
    });
    const BEAMD_TOKEN = randomToken();
    const context = contextFor({ env: { BEAMD_SERVER: edge.origin, BEAMD_TOKEN } });
    expect(await whoami(context, {})).toEqual({
      server: edge.origin,
      source: 'env_token',
      user: 'bot',
      scope: 'acme',
      role: 'ci',
      selfHosted: false,
    });
    const grant = await token(context, {});
    expect({ server: grant.server, token: grant.accessToken.reveal() }).toEqual({ server: edge.origin, token: BEAMD_TOKEN });
  });

  test('nobody acts for an org that the account does not have', async () => {
    const context = contextFor({ env: { BEAMD_SCOPE: 'nope' } });
    await saveAccount(context, EDGE);
    expect(await failure(() => whoami(context, {}))).toEqual(await failure(() => token(context, {})));
    expect((await failure(() => whoami(context, { scope: '' }))).code).toBe('unknown_scope');
  });

  test('a BEAMD_TOKEN that is rejected is named', async () => {
    const edge = serve({ ...SELF, 'GET /api/v1/workspace': [401, {}], 'GET /api/scopes': [401, {}] });
    const context = contextFor({ env: { BEAMD_SERVER: edge.origin, BEAMD_TOKEN: randomToken() } });
    expect(await failure(() => whoami(context, {}))).toEqual({
      code: 'token_rejected',
      message: `${edge.origin} rejected the token of BEAMD_TOKEN`,
      hint: { text: 'Set BEAMD_TOKEN to a valid token, or unset it to use your login' },
    });
  });

  test('a token for an org that the account does not have is refused', async () => {
    const context = contextFor();
    const account = await saveAccount(context, EDGE);
    const stored = await context.accounts.credential(account);
    const grant = await token(context, { scope: 'acme' });
    expect({ ...grant, accessToken: grant.accessToken.reveal() }).toEqual({
      accessToken: stored?.accessToken.reveal(),
      server: EDGE,
      scope: 'acme',
      account: account.key,
    });
    expect((await failure(() => token(context, { scope: 'nope' }))).code).toBe('unknown_scope');
  });

  test('the child of exec sees the grant and no foreign org', () => {
    const accessToken = randomToken();
    const env = { PATH: '/bin', BEAMD_SCOPE: 'other', GONE: undefined };
    expect(childEnv({ env }, { accessToken: new Secret(accessToken), server: EDGE })).toEqual({
      PATH: '/bin',
      BEAMD_SERVER: EDGE,
      BEAMD_TOKEN: accessToken,
    });
    expect(childEnv({ env }, { accessToken: new Secret(accessToken), server: EDGE, scope: 'acme' })['BEAMD_SCOPE']).toBe('acme');
  });

  test('--config alone: what the key is', async () => {
    const edge = serve({ ...SELF, 'GET /api/v1/workspace': [404, {}], 'GET /api/scopes': [404, {}] });
    const context = contextFor();
    const config = join(context.homes.user, 'app.yaml');
    writeFileSync(config, `server: ${edge.origin}\ntoken: ${randomToken()}\n`);
    expect(await checkConfig(context, { config })).toEqual({ path: config, server: edge.origin });
    expect(await whoami(context, { config })).toEqual({ server: edge.origin, source: 'app_config', selfHosted: true });
    await saveAccount(context, EDGE);
    expect((await failure(() => checkConfig(context, {}))).code).toBe('usage');
  });
});

describe('status', () => {
  test('says which rung won and asks nobody', async () => {
    const context = contextFor();
    await saveAccount(context, EDGE, {}, { expiresAt: 4_000_000_000 });
    const folder = join(context.homes.user, 'repo');
    mkdirSync(folder);
    writeFileSync(join(folder, '.beamd'), `server: ${EDGE}\nscope: gone\n`);
    const path = join(folder, '.beamd');
    expect(await status({ ...context, cwd: folder }, { check: false })).toEqual({
      server: EDGE,
      serverSource: { kind: 'project', path },
      scope: 'gone',
      scopeSource: { kind: 'project', path },
      unknownScope: true,
      user: 'alice',
      token: 'account',
      session: { state: 'valid', expiresAt: 4_000_000_000 },
      storage: 'age',
      agent: { state: 'stopped' },
    });
  });

  test.each([
    ['no_expiry', {}, { state: 'no_expiry' }],
    ['expired', { expiresAt: 1000 }, { state: 'expired', expiresAt: 1000 }],
    ['renewable', { expiresAt: 1000, refreshToken: new Secret('r') }, { state: 'renewable', expiresAt: 1000 }],
  ])('%s', async (_, credential, session) => {
    const context = contextFor();
    await saveAccount(context, EDGE, {}, credential);
    expect((await status(context, { check: false })).session).toEqual(session);
  });

  test('a session that the server ended', async () => {
    const context = contextFor();
    const { key } = await saveAccount(context, EDGE);
    await context.accounts.withLock(key, (locked) => locked.end(1_700_000_000));
    expect((await status(context, { check: false })).session).toEqual({ state: 'ended', endedAt: 1_700_000_000 });
  });

  test.each([
    ['valid', { 'GET /api/scopes': [200, { scopes: [] }] }, 'valid', undefined],
    ['rejected', { 'GET /api/scopes': [401, {}] }, 'rejected', 'token_rejected'],
    ['an edge that cannot tell', { 'GET /api/scopes': [404, {}] }, 'unverified', undefined],
    ['an edge in trouble', { 'GET /api/scopes': [500, {}] }, 'unverified', 'server_error'],
  ] as const)('--check: %s', async (_, answers, verdict, code) => {
    const edge = serve(answers);
    const context = contextFor();
    await saveAccount(context, edge.origin);
    const { check } = await status(context, { check: true });
    expect({ verdict: check?.verdict, code: check?.code }).toEqual({ verdict, code });
  });

  test('--check asks the control plane where there is one', async () => {
    const plane = serve({ 'GET /api/scopes': [200, { scopes: [] }] }, 'https://plane.example.org');
    const context = contextFor();
    await saveAccount(context, EDGE, { controlPlane: 'plane.example.org' });
    expect((await status(context, { check: true })).check).toEqual({ verdict: 'valid' });
    expect(plane.asked.map(({ call }) => call)).toEqual(['GET /api/scopes']);
  });

  test('--check offline is unverified, not rejected', async () => {
    serve({ 'GET /api/scopes': 'reset' }, 'http://127.0.0.1:1');
    const context = contextFor();
    await saveAccount(context, 'http://127.0.0.1:1');
    expect((await status(context, { check: true })).check).toMatchObject({ verdict: 'unverified', code: 'network' });
  });
});

describe('agent', () => {
  test('not running: nothing to stop', async () => {
    const context = contextFor();
    await saveAccount(context, EDGE);
    expect(await agentStop(context, {})).toEqual({ server: EDGE, stopped: false });
    expect(await agentStatus(context, {})).toEqual({
      server: EDGE,
      agent: { state: 'stopped' },
      locked: false,
      socket: join(context.homes.beamd, 'agents', `${EDGE}.sock`),
      origins: [`https://${EDGE}`],
    });
  });
});
