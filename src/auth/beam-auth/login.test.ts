import { describe, expect, test } from 'vitest';
import { mockNetwork, type Answers, type MockedServer } from '../../net/msw.testing.ts';
import { failure } from '../../errors.testing.ts';
import { parseServer } from '../../store/server.ts';
import { beamAuthSession } from './session.ts';
import type { DeviceLogin } from '../dialect/dialect.ts';
import { discoverDialect } from '../discover.ts';
import { accountOf, credentialOf, depsOf, plain, randomToken, shownOf, START } from '../auth.testing.ts';

const network = mockNetwork();
const ORIGIN = 'http://127.0.0.1:4000';
let server: MockedServer;

const discovery = (more: object = {}): Answers => ({
  'GET /.well-known/beam-auth': [
    200,
    { device_code_url: `${ORIGIN}/code`, token_url: `${ORIGIN}/token`, verification_uri: `${ORIGIN}/device`, ...more },
  ],
});

const code = { device_code: randomToken(), user_code: 'ABCD-EFGH', expires_in: 600, interval: 2 };

async function begun(answers: Answers): Promise<DeviceLogin> {
  server = network.serve(ORIGIN, { ...discovery(), 'POST /code': [200, code], ...answers });
  const dialect = await discoverDialect(parseServer(ORIGIN), depsOf());
  if (dialect === undefined) throw new Error('no dialect');
  expect(dialect.name).toBe('beam-auth');
  return dialect.begin();
}

describe('begin', () => {
  test('shows what the server says', async () => {
    const login = await begun({
      'POST /code': [200, { ...code, verification_uri_complete: `${ORIGIN}/device?code=ABCD-EFGH` }],
    });
    expect(shownOf(login)).toEqual({
      userCode: 'ABCD-EFGH',
      verificationUri: `${server.origin}/device`,
      verificationUriComplete: `${server.origin}/device?code=ABCD-EFGH`,
      expiresIn: 600,
      interval: 2,
    });
    expect(server.asked).toEqual([{ call: 'GET /.well-known/beam-auth' }, { call: 'POST /code', json: {} }]);
  });

  test('clamps numbers and cleans text', async () => {
    const login = await begun({
      'POST /code': [
        200,
        {
          ...code,
          user_code: '\u001b[31mAB\u202eCD',
          verification_uri: `${ORIGIN}/x`,
          expires_in: 9e9,
          interval: 5_000_000,
        },
      ],
    });
    expect(shownOf(login)).toEqual({
      userCode: '[31mABCD',
      verificationUri: `${server.origin}/x`,
      expiresIn: 1800,
      interval: 60,
    });
  });

  test.each([
    [[200, { ...code, device_code: undefined }], 'bad_answer', 'has no usable field device_code'],
    [[200, { ...code, expires_in: 'soon' }], 'bad_answer', 'has no usable field expires_in'],
    [[200, '<html>'], 'bad_answer', 'is not JSON'],
    [
      [200, { ...code, verification_uri: 'javascript:alert(1)' }],
      'bad_answer',
      'sends you to a page that is not https, so nothing was opened',
    ],
    [
      [200, { ...code, verification_uri_complete: 'file:///bin/sh' }],
      'bad_answer',
      'sends you to a page that is not https, so nothing was opened',
    ],
    [[302, '', { location: 'https://evil.com' }], 'bad_answer', 'is a redirect (302), which is never followed'],
    [[500, 'oops'], 'server_error', 'is 500: trouble on the server'],
  ] as const)('%j', async (answer, errorCode, message) => {
    expect(await failure(() => begun({ 'POST /code': answer }))).toEqual({
      code: errorCode,
      message: `The device login answer of ${server.origin} ${message}`,
    });
  });
});

describe('poll', () => {
  test.each([200, 400])('error codes, with status %i', async (status) => {
    const left = ['authorization_pending', 'slow_down', 'access_denied', 'expired_token', 'invalid_grant'];
    const login = await begun({ 'POST /token': () => [status, { error: left.shift() }] });
    const answers = [await login.poll(), await login.poll(), await login.poll(), await login.poll(), await login.poll()];
    expect(answers.map((answer) => answer.status)).toEqual(['pending', 'slow_down', 'denied', 'expired', 'expired']);
    expect(server.asked.at(-1)?.json).toEqual({ device_code: code.device_code });
  });

  test.each([200, 400])('a session, with status %i', async (status) => {
    const [access, refresh] = [randomToken(), randomToken()];
    const login = await begun({
      'POST /token': [
        status,
        {
          access_token: access,
          refresh_token: refresh,
          expires_in: 900,
          edge: 'http://LOCALHOST:7000/',
          user: 'alice\u0007',
          scopes: [{ slug: 'alice', role: 'owner' }, { slug: 'acme', role: null }, { slug: 'alice' }],
        },
      ],
    });
    const answer = await login.poll();
    expect(answer.status === 'done' && plain(answer.session)).toEqual({
      accessToken: access,
      refreshToken: refresh,
      expiresAt: START + 900,
      edge: 'http://localhost:7000',
      user: 'alice',
      scopes: [{ slug: 'alice', role: 'owner' }, { slug: 'acme' }],
      controlPlane: server.origin,
    });
  });

  test('what the answer leaves out comes from the edge', async () => {
    const access = randomToken();
    const login = await begun({
      'POST /token': [200, { access_token: access }],
      'GET /api/scopes': [200, { user: 'alice', scopes: [{ slug: 'alice' }] }],
    });
    const answer = await login.poll();
    expect(answer.status === 'done' && plain(answer.session)).toEqual({
      accessToken: access,
      edge: server.origin,
      user: 'alice',
      scopes: [{ slug: 'alice' }],
    });
    expect(server.asked.at(-1)).toEqual({ call: 'GET /api/scopes', bearer: access });
  });

  test('a control plane elsewhere is shown, and asked for what its answer leaves out', async () => {
    const [edge, plane] = ['https://edge.example.com', 'https://plane.example.org'];
    const document = { device_code_url: `${plane}/code`, token_url: `${plane}/token`, verification_uri: `${plane}/device` };
    const [asked, other] = [
      network.serve(edge, { 'GET /.well-known/beam-auth': [200, document] }),
      network.serve(plane, {
        'POST /code': [200, code],
        'POST /token': [200, { access_token: 'a', edge: 'edge.example.com' }],
        'GET /api/scopes': [200, { user: 'alice', scopes: [{ slug: 'alice' }] }],
      }),
    ];
    const login = await (await discoverDialect(parseServer(edge), depsOf()))?.begin();
    expect(login?.controlPlane).toEqual({ name: 'plane.example.org', server: 'edge.example.com' });
    const answer = await login?.poll();
    expect(answer?.status === 'done' && plain(answer.session)).toEqual({
      accessToken: 'a',
      edge: 'edge.example.com',
      controlPlane: 'plane.example.org',
      user: 'alice',
      scopes: [{ slug: 'alice' }],
    });
    expect(asked.asked.map(({ call }) => call)).toEqual(['GET /.well-known/beam-auth']);
    expect(other.asked.map(({ call }) => call)).toEqual(['POST /code', 'POST /token', 'GET /api/scopes']);
  });

  test.each([
    [404, '127.0.0.1:4000 has no list of orgs (404)'],
    [500, 'The list of orgs from 127.0.0.1:4000 is 500: trouble on the server'],
  ])('an edge that says %i leaves the orgs unknown, and says so', async (status, orgsUnknown) => {
    const access = randomToken();
    const login = await begun({
      'POST /token': [200, { access_token: access }],
      'GET /api/scopes': [status, {}],
    });
    const answer = await login.poll();
    expect(answer.status === 'done' && plain(answer.session)).toEqual({
      accessToken: access,
      edge: server.origin,
      scopes: [],
      orgsUnknown,
    });
  });

  test.each([
    [[200, {}], 'bad_answer', 'has no usable field access_token'],
    [[200, { access_token: 'x', edge: 'edge.example.com/path?x' }], 'bad_answer', 'names an edge that cannot be used'],
    [[200, { access_token: 'x', edge: 'http://edge.example.com' }], 'bad_answer', 'names an edge that cannot be used'],
    [[400, { error: 'bad\u001b[31m_thing' }], 'bad_answer', 'refuses the login: an unknown code'],
    [[404, '<html>'], 'not_found', 'is 404: there is no such thing'],
    [[307, '', { location: 'https://evil.com' }], 'bad_answer', 'is a redirect (307), which is never followed'],
    [[503, { error: 'access_denied' }], 'server_error', 'is 503: trouble on the server'],
    [[429, {}], 'server_error', 'is 429: too many requests'],
  ] as const)('%j', async (answer, errorCode, message) => {
    const login = await begun({ 'POST /token': answer });
    expect(await failure(() => login.poll())).toEqual({
      code: errorCode,
      message: `The token answer of ${server.origin} ${message}`,
    });
  });
});

describe('refresh', () => {
  const old = credentialOf(randomToken(), randomToken());

  async function refreshed(answers: Answers): Promise<Record<string, unknown>> {
    server = network.serve(ORIGIN, { ...discovery(), ...answers });
    const account = accountOf(server.origin, { dialect: 'beam-auth', user: 'alice' });
    return plain(await beamAuthSession(depsOf()).refresh(account, old));
  }

  test('rotates', async () => {
    const [access, refresh] = [randomToken(), randomToken()];
    const answer = { access_token: access, refresh_token: refresh, expires_in: 60 };
    expect(await refreshed({ 'POST /token': [200, answer] })).toEqual({
      accessToken: access,
      refreshToken: refresh,
      expiresAt: START + 60,
      issuedAt: START,
    });
    const body = { grant_type: 'refresh_token', refresh_token: old.refreshToken?.reveal() };
    expect(server.asked.at(-1)).toEqual({ call: 'POST /token', json: body });
  });

  test('keeps the old refresh token when none comes, and survives odd extras', async () => {
    const access = randomToken();
    const answer = { access_token: access, refresh_token: null, expires_in: 'later', scopes: 'what' };
    expect(await refreshed({ 'POST /token': [200, answer] })).toEqual({
      accessToken: access,
      refreshToken: old.refreshToken?.reveal(),
      expiresAt: START + 3600,
      issuedAt: START,
    });
  });

  test.each([200, 400])('invalid_grant with status %i is the end', async (status) => {
    expect(await failure(() => refreshed({ 'POST /token': [status, { error: 'invalid_grant' }] }))).toEqual({
      code: 'session_ended',
      message: `The session of alice on ${server.origin} has ended`,
      hint: { command: `beamd login --server ${server.origin}` },
    });
  });

  test.each([
    [[500, { error: 'invalid_grant' }], 'server_error'],
    [[429, { error: 'invalid_grant' }], 'server_error'],
    [[400, { error: 'invalid_request' }], 'server_error'],
    [[401, '<html>'], 'token_rejected'],
    [[404, '<html>'], 'not_found'],
    [[200, '<html>'], 'bad_answer'],
    [[200, {}], 'bad_answer'],
  ] as const)('%j is not the end', async (answer, errorCode) => {
    expect(await failure(() => refreshed({ 'POST /token': answer }))).toMatchObject({ code: errorCode });
  });

  test('a server without its discovery is trouble, not the end', async () => {
    expect(await failure(() => refreshed({ 'GET /.well-known/beam-auth': [404, {}] }))).toEqual({
      code: 'server_error',
      message: `${server.origin} no longer says where to renew the session`,
    });
  });

  test('a session without refresh token has ended', async () => {
    const account = accountOf(ORIGIN, { dialect: 'beam-auth' });
    expect(await failure(() => beamAuthSession(depsOf()).refresh(account, credentialOf('x')))).toMatchObject({
      code: 'session_ended',
      message: `The session on ${ORIGIN} has ended`,
    });
  });
});

describe('revoke', () => {
  async function revoked(answers: Answers, offered = true): Promise<string> {
    server = network.serve(ORIGIN, { ...discovery(offered ? { revocation_url: `${ORIGIN}/revoke` } : {}), ...answers });
    const account = accountOf('http://127.0.0.1:1', { dialect: 'beam-auth', controlPlane: ORIGIN });
    return beamAuthSession(depsOf()).revoke(account, credentialOf('access', 'refresh'));
  }

  test('ends both tokens, at the control plane', async () => {
    expect(await revoked({ 'POST /revoke': [200, {}] })).toBe('revoked');
    expect(server.asked.slice(1)).toEqual([
      { call: 'POST /revoke', json: { token: 'refresh' } },
      { call: 'POST /revoke', json: { token: 'access' } },
    ]);
  });

  test('a server that does not offer it', async () => {
    expect(await revoked({}, false)).toBe('unsupported');
  });

  test.each([
    [400, 'unsupported'],
    [404, 'unsupported'],
    [503, 'unreachable'],
  ])('status %i is %s', async (status, outcome) => {
    expect(await revoked({ 'POST /revoke': [status, {}] })).toBe(outcome);
  });

  test('a server that is gone', async () => {
    network.serve(ORIGIN, { 'GET /.well-known/beam-auth': 'reset' });
    const account = accountOf(ORIGIN, { dialect: 'beam-auth' });
    expect(await beamAuthSession(depsOf()).revoke(account, credentialOf('a', 'b'))).toBe('unreachable');
  });
});
