/** Answers as servers in the wild give them, one field or header off, at login and at refresh, in every dialect. */
import { describe, expect, test } from 'vitest';
import { failure } from '../errors.testing.ts';
import { mockNetwork, type Answer, type Answers } from '../net/msw.testing.ts';
import { parseServer } from '../store/server.ts';
import type { Account } from '../store/accounts/account.ts';
import type { DeviceLogin, PollAnswer } from './dialect/dialect.ts';
import { discoverDialect } from './discover.ts';
import { runbeamLogin } from './runbeam-cloud/login.ts';
import { sessionDialect } from './session-dialect.ts';
import { accountOf, credentialOf, depsOf, plain, shownOf, START } from './auth.testing.ts';

const network = mockNetwork();
const ORIGIN = 'https://edge.example.com';

const DISCOVERY: Readonly<Record<'beam-auth' | 'oauth', Answers>> = {
  'beam-auth': {
    'GET /.well-known/beam-auth': [200, { device_code_url: `${ORIGIN}/code`, token_url: `${ORIGIN}/token` }],
  },
  'oauth': {
    'GET /.well-known/beam-auth': [404, {}],
    'GET /.well-known/openid-configuration': [
      200,
      { issuer: ORIGIN, token_endpoint: `${ORIGIN}/token`, device_authorization_endpoint: `${ORIGIN}/code` },
    ],
  },
};
const DIALECTS = ['beam-auth', 'oauth'] as const;
type Dialect = (typeof DIALECTS)[number];

const code = { device_code: 'd', user_code: 'AB-CD', verification_uri: `${ORIGIN}/device`, expires_in: 600, interval: 2 };
const tokens = { access_token: 'at', refresh_token: 'rt', expires_in: 900, user: 'alice', scopes: [{ slug: 'alice' }] };

async function begun(dialect: Dialect, answers: Answers): Promise<DeviceLogin> {
  network.serve(ORIGIN, { ...DISCOVERY[dialect], 'POST /code': [200, code], 'GET /api/scopes': [404, {}], ...answers });
  const found = await discoverDialect(parseServer(ORIGIN), depsOf());
  if (found === undefined) throw new Error('no dialect');
  return found.begin();
}

async function polled(dialect: Dialect, answer: Answer): Promise<PollAnswer> {
  return (await begun(dialect, { 'POST /token': answer })).poll();
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: object): string => `${part({ alg: 'RS256' })}.${part(claims)}.${part({})}`;

describe.each(DIALECTS)('login, %s', (dialect) => {
  test.each([
    ['interval as text', { interval: '7' }, { interval: 7 }],
    ['interval 0', { interval: 0 }, { interval: 1 }],
    ['interval null', { interval: null }, { interval: 5 }],
    ['interval of nonsense', { interval: 'soon' }, { interval: 5 }],
    ['expires_in as text with a fraction', { expires_in: '599.5' }, { expiresIn: 599.5 }],
    ['the name of the drafts', { verification_uri: null, verification_url: `${ORIGIN}/d` }, { verificationUri: `${ORIGIN}/d` }],
    ['no complete URL', { verification_uri_complete: null }, {}],
  ])('begin: %s', async (_, more, shown) => {
    const login = await begun(dialect, { 'POST /code': [201, { ...code, ...more }] });
    expect(shownOf(login)).toEqual({
      ...{ userCode: 'AB-CD', verificationUri: code.verification_uri, expiresIn: 600, interval: 2 },
      ...shown,
    });
  });

  test.each([
    [200, 'authorization_pending', 'pending'],
    [403, 'authorization_pending', 'pending'],
    [428, 'slow_down', 'slow_down'],
    [401, 'access_denied', 'denied'],
    [201, 'expired_token', 'expired'],
  ])('poll: status %i with %s', async (status, error, expected) => {
    expect(await polled(dialect, [status, { error }])).toEqual({ status: expected });
  });

  test.each(['temporarily_unavailable', 'server_error'])('poll: %s passes', async (error) => {
    expect(await failure(() => polled(dialect, [400, { error }]))).toMatchObject({ code: 'server_error' });
  });

  const kept = { accessToken: 'at', refreshToken: 'rt', expiresAt: START + 900 };
  test.each<[string, Answer, object]>([
    ['201', [201, tokens], kept],
    ['400', [400, tokens], kept],
    ['an error that is null', [200, { ...tokens, error: null }], kept],
    ['scope null', [200, { ...tokens, scope: null }], kept],
    ['scope as a list', [200, { ...tokens, scope: ['a', 'b'] }], kept],
    ['id_token null', [200, { ...tokens, id_token: null }], kept],
    ['token_type null', [200, { ...tokens, token_type: null }], kept],
    ['token_type in capitals', [200, { ...tokens, token_type: 'BEARER' }], kept],
    ['line breaks at the ends', [200, { ...tokens, access_token: 'at\n', refresh_token: 'rt\r\n' }], kept],
    ['expires_in as text with a fraction', [200, { ...tokens, expires_in: '899.9' }], { ...kept, expiresAt: START + 899 }],
    ['expires_in null', [200, { ...tokens, expires_in: null }], { ...kept, expiresAt: START + 3600 }],
    ['expires_in null and no refresh', [200, { ...tokens, expires_in: null, refresh_token: null }], { accessToken: 'at' }],
    [
      'the life that the token itself says',
      [200, { ...tokens, access_token: jwt({ iat: 5_000, exp: 5_600 }), expires_in: null }],
      { ...kept, accessToken: jwt({ iat: 5_000, exp: 5_600 }), expiresAt: START + 600 },
    ],
    ['a life of 0', [200, { ...tokens, expires_in: 0 }], { ...kept, expiresAt: START + 3600 }],
  ])('tokens: %s', async (_, answer, expected) => {
    const done = await polled(dialect, answer);
    const { accessToken, refreshToken, expiresAt, user, scopes } = done.status === 'done' ? plain(done.session) : {};
    expect({ accessToken, refreshToken, expiresAt, user, scopes }).toEqual({
      ...{ refreshToken: undefined, expiresAt: undefined },
      ...expected,
      ...{ user: 'alice', scopes: [{ slug: 'alice' }] },
    });
  });

  test('tokens in a form, as some answer whatever they are asked for', async () => {
    const done = await polled(dialect, [200, 'access_token=at&refresh_token=rt&expires_in=900&user=alice\n']);
    expect(done.status === 'done' && plain(done.session)).toMatchObject(kept);
  });
});

describe('orgs in a token answer that are none', () => {
  test.each([['text'], [[{ slug: 'a b' }]], [{ slug: 'alice' }], [null]])('%j', async (scopes) => {
    network.serve(ORIGIN, {
      ...DISCOVERY['beam-auth'],
      'POST /code': [200, code],
      'POST /token': [200, { ...tokens, scopes }],
      'GET /api/scopes': [200, { user: 'x', scopes: [{ slug: 'asked' }] }],
    });
    const login = await (await discoverDialect(parseServer(ORIGIN), depsOf()))?.begin();
    const done = await login?.poll();
    expect(done?.status === 'done' && done.session.scopes).toEqual([{ slug: 'asked' }]);
  });
});

describe('login, runbeam', () => {
  const START_CALL = 'POST /api/cli/start-login';
  const CHECK = 'GET /api/cli/check-login/d';
  const started = { device_token: 'd', verification_url: `${ORIGIN}/cli`, expires_in_seconds: 600 };

  test.each<[string, object, Answer, object]>([
    ['as documented', {}, [200, { status: 'authenticated', token: 't', expires_in: 60 }], { expiresAt: START + 60 }],
    ['201', {}, [201, { status: 'authenticated', token: 't', expires_in: 60 }], { expiresAt: START + 60 }],
    [
      'a fraction',
      { expires_in_seconds: '599.9' },
      [200, { status: 'authenticated', token: 't\n', expires_in: '60.5' }],
      { expiresAt: START + 60 },
    ],
    [
      'nulls',
      { interval: null },
      [200, { status: 'authenticated', token: 't', expires_in: null, user: null, message: null }],
      {},
    ],
    [
      'odd extras',
      { interval: 'x' },
      [200, { status: 'authenticated', token: 't', expires_in: 'x', user: { name: 7, email: 'a@b.c' } }],
      { user: 'a@b.c' },
    ],
    ['an odd user', {}, [200, { status: 'authenticated', token: 't', user: 'alice' }], {}],
  ])('%s', async (_, more, answer, expected) => {
    network.serve(ORIGIN, { [START_CALL]: [200, { ...started, ...more }], [CHECK]: answer });
    const done = await (await runbeamLogin(ORIGIN, depsOf()).begin()).poll();
    expect(done.status === 'done' && plain(done.session)).toEqual({
      ...{ accessToken: 't', edge: 'edge.example.com', scopes: [] },
      ...expected,
    });
  });
});

describe.each(DIALECTS)('refresh, %s', (dialect) => {
  const account: Account = accountOf(ORIGIN, { dialect });
  const old = { ...credentialOf('old', 'rt0'), issuedAt: START - 700, expiresAt: START };

  async function refreshed(...answers: Answer[]): Promise<Record<string, unknown>> {
    const left = [...answers];
    network.serve(ORIGIN, { ...DISCOVERY[dialect], 'POST /token': () => left.shift() ?? 'reset' });
    const renewed = await (await sessionDialect(account, depsOf())).refresh(account, old);
    expect(left).toEqual([]);
    return plain(renewed);
  }

  const renewed = { accessToken: 'at', refreshToken: 'rt', expiresAt: START + 900, issuedAt: START };
  const odd = { id_token: null, scope: ['a'], token_type: null, error: null, user: 7, edge: [], scopes: {} };
  test.each<[string, Answer, object]>([
    ['as it should be', [200, tokens], renewed],
    ['201', [201, tokens], renewed],
    ['400', [400, tokens], renewed],
    ['500', [500, tokens], renewed],
    ['an error beside the token', [200, { ...tokens, error: 'invalid_grant' }], renewed],
    ['odd extras', [200, { ...tokens, ...odd }], renewed],
    ['an ID token that is none', [200, { ...tokens, id_token: 'a.b.c' }], renewed],
    [
      'line breaks at the ends',
      [200, `${JSON.stringify({ ...tokens, access_token: 'at\n', refresh_token: ' rt\n' })}\n\n`],
      renewed,
    ],
    ['a byte order mark', [200, `\ufeff${JSON.stringify(tokens)}`], renewed],
    ['a form', [200, 'access_token=at&refresh_token=rt&expires_in=900'], renewed],
    ['expires_in as text with a fraction', [200, { ...tokens, expires_in: '3599.5' }], { ...renewed, expiresAt: START + 3599 }],
    ['no new refresh token', [200, { ...tokens, refresh_token: null }], { ...renewed, refreshToken: 'rt0' }],
    ['no life: the last one', [200, { ...tokens, expires_in: null }], { ...renewed, expiresAt: START + 700 }],
    ['a life of nonsense: the last one', [200, { ...tokens, expires_in: {} }], { ...renewed, expiresAt: START + 700 }],
    [
      'no life: what the token says',
      [200, { ...tokens, access_token: jwt({ exp: START + 120 }), expires_in: undefined }],
      { ...renewed, accessToken: jwt({ exp: START + 120 }), expiresAt: START + 120 },
    ],
    [
      'a token that ends in the infinite',
      [200, { ...tokens, access_token: `${part({})}.${Buffer.from('{"exp":1e999}').toString('base64url')}.x`, expires_in: null }],
      { ...renewed, accessToken: expect.any(String) as string, expiresAt: START + 700 },
    ],
  ])('%s', async (_, answer, expected) => {
    expect(await refreshed(answer)).toEqual(expected);
  });

  test.each<[string, Answer]>([
    ['an empty 400', [400, '']],
    ['an empty 401', [401, '']],
    ['a page', [401, '<html>']],
    ['JSON without a word', [400, { message: 'no' }]],
  ])('%s is asked for once more', async (_, refusal) => {
    expect(await refreshed(refusal, [200, tokens])).toEqual(renewed);
    const loginAgain = { command: 'beamd login --server edge.example.com' };
    expect(await failure(() => refreshed(refusal, refusal))).toEqual({
      code: 'token_rejected',
      message: `The refresh answer for edge.example.com is ${refusal[0]} and does not say why, twice; the session is kept`,
      hint: loginAgain,
    });
    expect(await failure(() => refreshed(refusal, [400, { error: 'invalid_grant' }]))).toMatchObject({
      code: 'session_ended',
      hint: loginAgain,
    });
  });

  test.each([
    ['invalid_client', { command: 'beamd login --server edge.example.com' }],
    ['temporarily_unavailable', undefined],
  ])('%s keeps the session', async (error, hint) => {
    const thrown = await failure(() => refreshed([400, { error }]));
    expect([thrown.code, thrown.hint]).toEqual(['server_error', hint]);
  });
});
