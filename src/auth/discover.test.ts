import { describe, expect, test } from 'vitest';
import { mockNetwork, type Answer, type Answers, type MockedServer } from '../net/msw.testing.ts';
import { failure } from '../errors.testing.ts';
import { parseServer } from '../store/server.ts';
import { discoverDialect } from './discover.ts';
import type { DeviceLogin, Dialect } from './dialect/dialect.ts';
import { oauthSession } from './oauth/session.ts';
import { accountOf, credentialOf, depsOf, plain, randomToken, shownOf, START } from './auth.testing.ts';

const network = mockNetwork();
const ORIGIN = 'http://127.0.0.1:4000';
let server: MockedServer;

const BEAM = 'GET /.well-known/beam-auth';
const OPENID = 'GET /.well-known/openid-configuration';
const OAUTH = 'GET /.well-known/oauth-authorization-server';
const NONE: Answers = { [BEAM]: [404, {}], [OPENID]: [404, {}], [OAUTH]: [404, {}] };

/** Discovers a server that has these documents and no others. */
async function found(answers: Answers): Promise<Dialect | undefined> {
  server = network.serve(ORIGIN, { ...NONE, ...answers });
  return discoverDialect(parseServer(ORIGIN), depsOf());
}

const metadata = (more: object = {}): object => ({
  issuer: ORIGIN,
  token_endpoint: `${ORIGIN}/token`,
  device_authorization_endpoint: `${ORIGIN}/device`,
  ...more,
});

describe('which dialect', () => {
  const servers: [string, Answers, string | undefined, string[]][] = [
    ['nothing there', {}, undefined, [BEAM, OPENID, OAUTH]],
    [
      'pages everywhere',
      { [BEAM]: [200, '<html>'], [OPENID]: [200, '<html>'], [OAUTH]: [200, '<html>'] },
      undefined,
      [BEAM, OPENID, OAUTH],
    ],
    ['a login wall', { [BEAM]: [401, {}], [OPENID]: [403, {}], [OAUTH]: [302, ''] }, undefined, [BEAM, OPENID, OAUTH]],
    ['arrays and null', { [BEAM]: [200, []], [OPENID]: [200, 'null'] }, undefined, [BEAM, OPENID, OAUTH]],
    [
      'empty fields',
      { [BEAM]: [200, { device_code_url: '', token_url: '', verification_uri: '' }] },
      undefined,
      [BEAM, OPENID, OAUTH],
    ],
    [
      'beam-auth first',
      { [BEAM]: [200, { device_code_url: `${ORIGIN}/c`, token_url: `${ORIGIN}/t` }], [OPENID]: [200, metadata()] },
      'beam-auth',
      [BEAM],
    ],
    ['OpenID', { [OPENID]: [200, metadata()] }, 'oauth', [BEAM, OPENID]],
    ['OAuth', { [OAUTH]: [200, metadata()] }, 'oauth', [BEAM, OPENID, OAUTH]],
    [
      'OpenID without device login',
      {
        [OPENID]: [200, metadata({ device_authorization_endpoint: undefined })],
        [OAUTH]: [200, metadata()],
      },
      'oauth',
      [BEAM, OPENID, OAUTH],
    ],
    ['an issuer with a slash', { [OPENID]: [200, metadata({ issuer: `${ORIGIN}/` })] }, 'oauth', [BEAM, OPENID]],
  ];

  test.each(servers)('%s', async (_, answers, expected, calls) => {
    expect((await found(answers))?.name).toBe(expected);
    expect(server.asked.map(({ call }) => call)).toEqual(calls);
  });

  test.each([429, 500, 503])('status %i is not an answer', async (status) => {
    expect(await failure(() => found({ [BEAM]: [status, {}] }))).toMatchObject({ code: 'server_error' });
  });

  test('a server that is gone', async () => {
    expect(await failure(() => found({ [BEAM]: 'reset' }))).toMatchObject({ code: 'network' });
  });
});

describe('hostile documents', () => {
  const elsewhere = 'http://127.0.0.2:9/x';
  const documents: [string, Answers, string][] = [
    [
      'device_code_url',
      { [BEAM]: [200, { device_code_url: elsewhere, token_url: `${ORIGIN}/t` }] },
      'points elsewhere: device_code_url is at http://127.0.0.2:9',
    ],
    [
      'token_url',
      { [BEAM]: [200, { device_code_url: `${ORIGIN}/c`, token_url: elsewhere }] },
      'points elsewhere: token_url is at http://127.0.0.2:9',
    ],
    [
      'a second control plane',
      { [BEAM]: [200, { device_code_url: 'https://evil.example/', token_url: 'https://plane.example/' }] },
      'points elsewhere: device_code_url is at https://evil.example',
    ],
    [
      'revocation_url',
      { [BEAM]: [200, { device_code_url: `${ORIGIN}/c`, token_url: `${ORIGIN}/t`, revocation_url: elsewhere }] },
      'points elsewhere: revocation_url is at http://127.0.0.2:9',
    ],
    ['no token_url', { [BEAM]: [200, { device_code_url: `${ORIGIN}/c` }] }, 'has no usable field token_url'],
    ['no device_code_url', { [BEAM]: [200, { token_url: `${ORIGIN}/t` }] }, 'has no usable field device_code_url'],
    ['a number', { [BEAM]: [200, { device_code_url: 1, token_url: `${ORIGIN}/t` }] }, 'has no usable field device_code_url'],
    ['issuer', { [OPENID]: [200, metadata({ issuer: 'https://evil.example' })] }, 'belongs to another issuer'],
    ['issuer with a path', { [OPENID]: [200, metadata({ issuer: `${ORIGIN}/tenant` })] }, 'belongs to another issuer'],
    ['issuer in capitals', { [OPENID]: [200, metadata({ issuer: ORIGIN.toUpperCase() })] }, 'belongs to another issuer'],
    [
      'token_endpoint',
      { [OPENID]: [200, metadata({ token_endpoint: elsewhere })] },
      'points elsewhere: token_endpoint is at http://127.0.0.2:9',
    ],
    [
      'device endpoint',
      { [OPENID]: [200, metadata({ device_authorization_endpoint: elsewhere })] },
      'points elsewhere: device_authorization_endpoint is at http://127.0.0.2:9',
    ],
    [
      'userinfo_endpoint',
      { [OPENID]: [200, metadata({ userinfo_endpoint: 'javascript:1' })] },
      'points elsewhere: userinfo_endpoint is at javascript://',
    ],
    [
      'revocation_endpoint',
      { [OPENID]: [200, metadata({ revocation_endpoint: elsewhere })] },
      'points elsewhere: revocation_endpoint is at http://127.0.0.2:9',
    ],
  ];

  test.each(documents)('%s', async (_, answers, message) => {
    expect(await failure(() => found(answers))).toEqual({
      code: 'bad_answer',
      message: `The login discovery of ${server.origin} ${message}`,
    });
    expect(server.asked.every(({ call }) => call.startsWith('GET /.well-known/'))).toBe(true);
  });
});

describe('hostile OAuth answers', () => {
  const device = {
    device_code: 'd',
    user_code: 'AB-CD',
    verification_uri: 'https://e.example/device',
    expires_in: 600,
  };

  async function begun(answers: Answers): Promise<DeviceLogin> {
    const dialect = await found({ [OPENID]: [200, metadata()], 'POST /device': [200, device], ...answers });
    if (dialect === undefined) throw new Error('no dialect');
    return dialect.begin();
  }

  test('numbers are clamped, and the interval may be missing', async () => {
    const login = await begun({ 'POST /device': [200, { ...device, expires_in: 2_592_000 }] });
    expect(shownOf(login)).toEqual({
      userCode: 'AB-CD',
      verificationUri: device.verification_uri,
      expiresIn: 1800,
      interval: 5,
    });
    expect(await begun({ 'POST /device': [200, { ...device, interval: 5_000_000 }] })).toMatchObject({ interval: 60 });
  });

  test.each([
    [
      [200, { ...device, verification_uri: 'javascript:alert(1)' }],
      'bad_answer',
      'sends you to a page that is not https, so nothing was opened',
    ],
    [[200, { ...device, user_code: undefined }], 'bad_answer', 'is not what OAuth says it should be'],
    [[200, '<html>\u001b[31m'], 'bad_answer', 'is not what OAuth says it should be'],
    [[200, 'null'], 'bad_answer', 'is not what OAuth says it should be'],
    [[302, '', { location: 'http://127.0.0.2:9/' }], 'bad_answer', 'is not what OAuth says it should be'],
    [[400, { error: 'x\u001b[31my', error_description: 'secret' }], 'bad_answer', 'is an error: an unknown code'],
    [[401, { error: 'x' }, { 'www-authenticate': 'Bearer error="x"' }], 'bad_answer', 'is not what OAuth says it should be'],
  ] as const)('begin: %j', async (answer, code, message) => {
    expect(await failure(() => begun({ 'POST /device': answer }))).toEqual({
      code,
      message: `The device login answer of ${server.origin} ${message}`,
    });
  });

  test.each([
    [[503, '<html>'], { code: 'server_error' }],
    [[429, { error: 'slow_down' }], { code: 'server_error' }],
    [[200, {}], { code: 'bad_answer', message: 'is not what OAuth says it should be' }],
    [
      [200, { access_token: 'a', token_type: 'bearer', expires_in: -5 }],
      { code: 'bad_answer', message: 'is not what OAuth says it should be' },
    ],
    [[200, { access_token: 'a', token_type: 'mac' }], { code: 'bad_answer', message: 'is not what OAuth says it should be' }],
    [
      [200, { access_token: 'a', token_type: 'bearer', id_token: 'a.b.c' }],
      { code: 'bad_answer', message: 'is not what OAuth says it should be' },
    ],
    [
      [200, { access_token: 'a', token_type: 'bearer', edge: 'http://evil.example' }],
      { code: 'bad_answer', message: 'names an edge that cannot be used' },
    ],
    [[307, '', { location: 'http://127.0.0.2:9/' }], { code: 'bad_answer', message: 'is not what OAuth says it should be' }],
    [[400, { error: 'weird' }], { code: 'bad_answer', message: 'refuses the login: an unknown code' }],
  ] as const)('poll: %j', async (answer, { code, ...rest }) => {
    const login = await begun({ 'POST /token': answer });
    const error = await failure(() => login.poll());
    expect(error.code).toBe(code);
    if ('message' in rest) expect(error.message).toBe(`The token answer of ${server.origin} ${rest.message}`);
  });

  test('an ID token from long ago only says that a clock is wrong', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { aud: 'beamd-cli', sub: '7', iat: 1e9, exp: 1e9 + 600, user: 'alice', scopes: [{ slug: 'alice' }] };
    const login = await begun({
      'POST /token': () => {
        const idToken = `${part({ alg: 'RS256' })}.${part({ ...claims, iss: ORIGIN })}.${part({})}`;
        return [200, { access_token: 'a', token_type: 'Bearer', id_token: idToken }];
      },
    });
    const answer = await login.poll();
    expect(answer.status === 'done' && plain(answer.session)).toEqual({
      accessToken: 'a',
      edge: server.origin,
      user: 'alice',
      scopes: [{ slug: 'alice' }],
      issuer: server.origin,
      clientId: 'beamd-cli',
    });
  });

  test('slow_down, and a reset between polls', async () => {
    const left: Answer[] = [[400, { error: 'slow_down' }], 'reset', [400, { error: 'expired_token' }]];
    const login = await begun({ 'POST /token': () => left.shift() ?? 'reset' });
    expect(await login.poll()).toEqual({ status: 'slow_down' });
    expect(await failure(() => login.poll())).toMatchObject({ code: 'network' });
    expect(await login.poll()).toEqual({ status: 'expired' });
  });
});

describe('OAuth refresh, after the server has rotated', () => {
  test('an answer that a library would throw away is kept', async () => {
    const [access, old] = [randomToken(), randomToken()];
    server = network.serve(ORIGIN, {
      [OPENID]: [200, metadata()],
      'POST /token': [200, { access_token: access, expires_in: -1, id_token: 'a.b.c', scope: 7 }],
    });
    const account = accountOf(ORIGIN, { dialect: 'oauth', clientId: 'other' });
    expect(plain(await oauthSession(depsOf()).refresh(account, credentialOf('x', old)))).toEqual({
      accessToken: access,
      refreshToken: old,
      expiresAt: START,
      issuedAt: START,
    });
    const form = { grant_type: 'refresh_token', refresh_token: old, client_id: 'other' };
    expect(server.asked.at(-1)).toEqual({ call: 'POST /token', form });
  });

  test('a server without revocation', async () => {
    network.serve(ORIGIN, { [OPENID]: [200, metadata()] });
    const account = accountOf(ORIGIN, { dialect: 'oauth' });
    expect(await oauthSession(depsOf()).revoke(account, credentialOf('x', 'y'))).toBe('unsupported');
  });
});
