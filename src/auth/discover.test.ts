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
    ['gone for good', { [BEAM]: [410, ''], [OPENID]: [410, ''] }, undefined, [BEAM, OPENID, OAUTH]],
    ['a page before the one that counts', { [BEAM]: [200, '<html>'], [OPENID]: [201, metadata()] }, 'oauth', [BEAM, OPENID]],
    ['a page in the place of OpenID', { [OPENID]: [200, '<html>'], [OAUTH]: [200, metadata()] }, 'oauth', [BEAM, OPENID, OAUTH]],
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

  test.each<[string, Answers, string]>([
    [
      'pages everywhere',
      { [BEAM]: [200, '<html>'], [OPENID]: [200, '<html>'], [OAUTH]: [200, '<html>'] },
      'it is not a JSON object',
    ],
    ['a document that breaks off', { [OPENID]: [200, JSON.stringify(metadata()).slice(0, -9)] }, 'it is not a JSON object'],
    ['an empty one', { [BEAM]: [200, ''] }, 'it is not a JSON object'],
    ['null', { [OAUTH]: [200, 'null'] }, 'it is not a JSON object'],
    ['an array', { [OPENID]: [200, []] }, 'it is not a JSON object'],
    ['a login wall', { [BEAM]: [401, {}], [OPENID]: [403, {}], [OAUTH]: [302, ''] }, 'its status is 401'],
    ['a redirect', { [OAUTH]: [302, '', { location: 'https://evil.example' }] }, 'it is a redirect, which is never followed'],
  ])('%s: nobody is called self-hosted for that', async (_, answers, why) => {
    expect(await failure(() => found(answers))).toEqual({
      code: 'bad_answer',
      message: `The login discovery of ${ORIGIN} cannot be read: ${why}`,
      hint: { text: `Try again later. If it is self-hosted, log in with its token: beamd login --server ${ORIGIN} --token -` },
    });
  });

  test('a login without one for devices is told from none', async () => {
    const document = metadata({ device_authorization_endpoint: undefined });
    expect(await failure(() => found({ [OPENID]: [200, document] }))).toEqual({
      code: 'no_device_login',
      message: `${ORIGIN} has a login, and none for devices: its discovery names no device_authorization_endpoint`,
      hint: { command: `beamd login --server ${ORIGIN} --token -` },
    });
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
    [
      'issuer with a path of another host',
      { [OPENID]: [200, metadata({ issuer: 'https://evil.example/tenant' })] },
      'belongs to another issuer',
    ],
    ['issuer with a path that is none', { [OPENID]: [200, metadata({ issuer: `${ORIGIN}/a b` })] }, 'belongs to another issuer'],
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

describe('an issuer with a path', () => {
  const issuer = `${ORIGIN}/realms/main`;
  const below = (more: object = {}): object =>
    metadata({ issuer, token_endpoint: `${issuer}/token`, device_authorization_endpoint: `${issuer}/device`, ...more });
  const under = 'GET /realms/main/.well-known/openid-configuration';
  const inserted = 'GET /.well-known/oauth-authorization-server/realms/main';

  async function foundAt(named: string, answers: Answers): Promise<Dialect | undefined> {
    server = network.serve(ORIGIN, { [under]: [404, {}], [inserted]: [404, {}], ...answers });
    return discoverDialect(parseServer('edge.example.com'), { ...depsOf(), issuer: named });
  }

  test('that the root names is what to type', async () => {
    expect(await failure(() => found({ [OPENID]: [200, below()] }))).toEqual({
      code: 'bad_answer',
      message: `The login of ${ORIGIN} is that of an issuer with a path`,
      hint: { command: `beamd login --server ${ORIGIN} --issuer ${issuer}` },
    });
    expect(await failure(() => found({ [OPENID]: [200, metadata({ issuer: `${ORIGIN}/it's;x` })] }))).toMatchObject({
      hint: { command: `beamd login --server ${ORIGIN} --issuer '${ORIGIN}/it'\\''s;x'` },
    });
  });

  test.each([issuer, `${issuer}/`])('%s: OpenID below it, else RFC 8414 before it, and nothing at the root', async (named) => {
    expect((await foundAt(named, { [under]: [200, below()] }))?.name).toBe('oauth');
    expect(server.asked.map(({ call }) => call)).toEqual([under]);
    expect((await foundAt(named, { [inserted]: [200, below({ issuer: `${issuer}/` })] }))?.name).toBe('oauth');
    expect(server.asked.map(({ call }) => call)).toEqual([under, inserted]);
    expect(await foundAt(named, {})).toBeUndefined();
  });

  test.each([
    [{ issuer: ORIGIN }, 'belongs to another issuer'],
    [{ issuer: `${ORIGIN}/realms/other` }, 'belongs to another issuer'],
    [{ token_endpoint: 'https://edge.example.com/token' }, 'points elsewhere: token_endpoint is at https://edge.example.com'],
    [
      { device_authorization_endpoint: 'http://127.0.0.1:4001/d' },
      'points elsewhere: device_authorization_endpoint is at http://127.0.0.1:4001',
    ],
  ])('its endpoints are on its own host: %j', async (more, message) => {
    expect(await failure(() => foundAt(issuer, { [under]: [200, below(more)] }))).toEqual({
      code: 'bad_answer',
      message: `The login discovery of ${ORIGIN} ${message}`,
    });
  });

  test.each([
    ['https://sso.example.com/realms/main?x=1', 'bad_server'],
    ['https://sso.example.com/#x', 'bad_server'],
    ['https://u:p@sso.example.com/x', 'bad_server'],
    ['http://sso.example.com/x', 'insecure_transport'],
    ['javascript:alert(1)', 'bad_server'],
    ['a b', 'bad_server'],
    ['', 'bad_server'],
  ])('%j is none', async (named, code) => {
    expect(await failure(() => foundAt(named, {}))).toMatchObject({ code });
  });

  test('a session is renewed where it came from, and another issuer there gets nothing', async () => {
    const [access, old] = [randomToken(), randomToken()];
    const account = accountOf('https://edge.example.com', { dialect: 'oauth', issuer });
    server = network.serve(ORIGIN, { [under]: [200, below()], 'POST /realms/main/token': [200, { access_token: access }] });
    expect(plain(await oauthSession(depsOf()).refresh(account, credentialOf('x', old)))).toMatchObject({ accessToken: access });
    server = network.serve(ORIGIN, { [under]: [200, below({ issuer: `${ORIGIN}/realms/other` })] });
    expect(await failure(() => oauthSession(depsOf()).refresh(account, credentialOf('x', old)))).toMatchObject({
      code: 'bad_answer',
    });
    expect(server.asked.map(({ call }) => call)).toEqual([under]);
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
    [[200, { ...device, user_code: undefined }], 'bad_answer', 'has no usable field user_code'],
    [[200, '<html>\u001b[31m'], 'bad_answer', 'is not JSON'],
    [[200, 'null'], 'bad_answer', 'is not what was expected'],
    [[302, '', { location: 'http://127.0.0.2:9/' }], 'bad_answer', 'is a redirect (302), which is never followed'],
    [[400, { error: 'x\u001b[31my', error_description: 'secret' }], 'bad_answer', 'is an error: an unknown code'],
    [[401, { error: 'x' }, { 'www-authenticate': 'Bearer error="x"' }], 'bad_answer', 'is an error: an unknown code'],
  ] as const)('begin: %j', async (answer, code, message) => {
    expect(await failure(() => begun({ 'POST /device': answer }))).toEqual({
      code,
      message: `The device login answer of ${server.origin} ${message}`,
    });
  });

  test.each([
    [[503, '<html>'], { code: 'server_error' }],
    [[429, { error: 'slow_down' }], { code: 'server_error' }],
    [[200, {}], { code: 'bad_answer', message: 'has no usable field access_token' }],
    [[200, { access_token: 'a b' }], { code: 'bad_answer', message: 'has no usable field access_token' }],
    [[200, { access_token: 'a', token_type: 'mac' }], { code: 'bad_answer', message: 'holds no bearer token (token_type)' }],
    [
      [200, { access_token: 'a', token_type: 'bearer', edge: 'http://evil.example' }],
      { code: 'bad_answer', message: 'names an edge that cannot be used' },
    ],
    [
      [307, '', { location: 'http://127.0.0.2:9/' }],
      { code: 'bad_answer', message: 'is a redirect (307), which is never followed' },
    ],
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
      expiresAt: START + 3600,
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
