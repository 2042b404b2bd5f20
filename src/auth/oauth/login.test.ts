import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { parseServer } from '../../store/server.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import type { DeviceLogin, Session } from '../dialect/dialect.ts';
import { discoverDialect } from '../discover.ts';
import { oauthSession } from './session.ts';
import { startOidc, type OidcOptions, type OidcServer } from './oidc.testing.ts';
import { accountOf, depsOf, plain, shownOf } from '../auth.testing.ts';

let server: OidcServer;

afterEach(() => server.close());

const deps = depsOf(systemClock);
const orgs = [{ slug: 'alice', role: 'owner' }, { slug: 'acme' }];

async function begun(options: Partial<OidcOptions> = {}): Promise<DeviceLogin> {
  server = await startOidc({
    claims: { email: 'alice@example.com', edge: 'http://localhost:7000', scopes: orgs },
    ...options,
  });
  const dialect = await discoverDialect(parseServer(server.origin), deps);
  if (dialect === undefined) throw new Error('no dialect');
  expect(dialect.name).toBe('oauth');
  return dialect.begin();
}

async function loggedIn(options: Partial<OidcOptions> = {}): Promise<Session> {
  const login = await begun(options);
  await server.decide(login.userCode ?? '', 'approve');
  const answer = await login.poll();
  if (answer.status !== 'done') throw new Error(answer.status);
  return answer.session;
}

function saved(session: Session): { account: Account; credential: Credential } {
  const { accessToken, refreshToken, issuer, clientId } = session;
  const account = accountOf(session.edge, {
    dialect: 'oauth',
    controlPlane: server.origin,
    ...(issuer === undefined ? {} : { issuer }),
    ...(clientId === undefined ? {} : { clientId }),
  });
  return { account, credential: { accessToken, ...(refreshToken === undefined ? {} : { refreshToken }) } };
}

describe('login', () => {
  test('asks for what the server lists, and shows what it answers', async () => {
    const login = await begun();
    const userCode = expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/);
    expect(shownOf(login)).toEqual({
      userCode,
      verificationUri: `${server.origin}/device`,
      verificationUriComplete: expect.stringContaining(`${server.origin}/device?user_code=`),
      expiresIn: 600,
      interval: 5,
    });
    expect(server.asked.at(-1)).toEqual({
      call: 'POST /device/auth',
      form: { client_id: 'beamd-cli', scope: 'openid offline_access email' },
    });
  });

  test('pending, then denied', async () => {
    const login = await begun();
    expect(await login.poll()).toEqual({ status: 'pending' });
    await server.decide(login.userCode ?? '', 'deny');
    expect(await login.poll()).toEqual({ status: 'denied' });
    expect(await login.poll()).toEqual({ status: 'expired' });
  });

  test.each([
    ['userinfo', { inIdToken: false }, ['GET /me']],
    ['the ID token', { inIdToken: true }, []],
  ])('edge and orgs from %s', async (_, options, calls) => {
    const session = await loggedIn(options);
    expect(plain(session)).toEqual({
      accessToken: session.accessToken.reveal(),
      refreshToken: session.refreshToken?.reveal(),
      expiresAt: expect.closeTo(Date.now() / 1000 + 900, -1),
      edge: 'http://localhost:7000',
      user: 'alice@example.com',
      scopes: orgs,
      controlPlane: server.origin,
      issuer: server.origin,
      clientId: 'beamd-cli',
    });
    expect(session.refreshToken).toBeInstanceOf(Secret);
    const after = server.asked.map(({ call }) => call).slice(server.asked.findIndex(({ call }) => call === 'POST /token') + 1);
    expect(after).toEqual(calls);
  });

  test('orgs from the edge, when no claim has them', async () => {
    const claims = { email: 'alice@example.com', scopes: ['openid'] };
    const session = await loggedIn({ claims, scopesAnswer: [200, { scopes: orgs }] });
    expect({
      edge: session.edge,
      user: session.user,
      scopes: session.scopes,
      controlPlane: session.controlPlane,
    }).toEqual({
      edge: server.origin,
      user: 'alice@example.com',
      scopes: orgs,
      controlPlane: undefined,
    });
  });

  test('an edge without such a call has no orgs; one that refuses the token is an error', async () => {
    expect((await loggedIn({ claims: {} })).scopes).toEqual([]);
    await server.close();
    expect(await failure(() => loggedIn({ claims: {}, scopesAnswer: [401, {}] }))).toMatchObject({
      code: 'token_rejected',
    });
  });

  test('an unknown client', async () => {
    server = await startOidc({ claims: {} });
    const dialect = await discoverDialect(parseServer(server.origin), { ...deps, clientId: 'nobody' });
    expect(await failure(() => dialect?.begin())).toEqual({
      code: 'bad_answer',
      message: `The device login answer of ${server.origin} is an error: invalid_client`,
      hint: { text: 'Pass --client-id' },
    });
  });

  test('Ctrl-C during a poll, and a server that is gone', async () => {
    const login = await begun();
    const stop = new AbortController();
    stop.abort();
    expect(await failure(() => login.poll(stop.signal))).toMatchObject({ code: 'interrupted' });
    await server.close();
    expect(await failure(() => login.poll())).toMatchObject({ code: 'network' });
  });
});

describe('an issuer with a path', () => {
  test('login, refresh and revocation, all below it', async () => {
    server = await startOidc({ claims: { email: 'a@b.c', scopes: orgs }, inIdToken: true, path: '/realms/main' });
    const edge = parseServer('edge.example.com');
    const dialect = await discoverDialect(edge, { ...deps, issuer: server.issuer });
    const login = await dialect?.begin();
    await server.decide(login?.userCode ?? '', 'approve');
    const answer = await login?.poll();
    if (answer?.status !== 'done') throw new Error('not done');
    const { session } = answer;
    expect([session.edge, session.issuer, session.controlPlane]).toEqual([edge.name, server.issuer, undefined]);
    const { account, credential } = saved(session);
    const renewed = await oauthSession(deps).refresh({ ...account, controlPlane: edge.name }, credential);
    expect(await server.accepts(renewed.accessToken.reveal())).toBe(true);
    expect(await oauthSession(deps).revoke({ ...account, controlPlane: edge.name }, renewed)).toBe('revoked');
    expect(server.asked.length).toBeGreaterThan(5);
  });
});

describe('session', () => {
  test('rotates; the old refresh token is then the end', async () => {
    const { account, credential } = saved(await loggedIn());
    const first = await oauthSession(deps).refresh(account, credential);
    const second = await oauthSession(deps).refresh(account, first);
    const tokens = [credential, first, second].map((one) => one.refreshToken?.reveal());
    expect(new Set(tokens).size).toBe(3);
    expect(await server.accepts(second.accessToken.reveal())).toBe(true);
    expect(plain(second)).toEqual({
      accessToken: second.accessToken.reveal(),
      refreshToken: second.refreshToken?.reveal(),
      expiresAt: expect.closeTo(Date.now() / 1000 + 900, -1),
      issuedAt: expect.closeTo(Date.now() / 1000, -1),
    });
    expect(await failure(() => oauthSession(deps).refresh(account, credential))).toEqual({
      code: 'session_ended',
      message: 'The session on http://localhost:7000 has ended',
      hint: { command: 'beamd login --server http://localhost:7000' },
    });
  });

  test('revoked: neither token is good any more', async () => {
    const { account, credential } = saved(await loggedIn());
    expect(await oauthSession(deps).revoke(account, credential)).toBe('revoked');
    expect(await server.accepts(credential.accessToken.reveal())).toBe(false);
    expect(await failure(() => oauthSession(deps).refresh(account, credential))).toMatchObject({
      code: 'session_ended',
    });
    const revocations = server.asked.filter(({ call }) => call === 'POST /token/revocation');
    expect(revocations.map(({ form }) => form['token_type_hint'])).toEqual(['refresh_token', 'access_token']);
  });

  test('a server that is gone is trouble, and out of reach to revoke', async () => {
    const { account, credential } = saved(await loggedIn());
    await server.close();
    expect(await failure(() => oauthSession(deps).refresh(account, credential))).toMatchObject({ code: 'network' });
    expect(await oauthSession(deps).revoke(account, credential)).toBe('unreachable');
  });

  test('another issuer at the same place gets nothing', async () => {
    const { account, credential } = saved(await loggedIn());
    const before = server.asked.length;
    const moved = { ...account, issuer: `${server.origin}/realms/other` };
    expect(await failure(() => oauthSession(deps).refresh(moved, credential))).toMatchObject({ code: 'server_error' });
    expect(server.asked.slice(before).map(({ call }) => call)).toEqual([
      'GET /realms/other/.well-known/openid-configuration',
      'GET /.well-known/oauth-authorization-server/realms/other',
    ]);
  });
});
