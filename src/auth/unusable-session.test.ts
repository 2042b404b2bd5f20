/** A server grants a login, and what came with it rules the session out: it is ended there, and at no other server. */
import { expect, test } from 'vitest';
import { mockNetwork, type Answers } from '../net/msw.testing.ts';
import { parseServer } from '../store/server.ts';
import { depsOf, randomToken } from './auth.testing.ts';
import { discoverDialect } from './discover.ts';
import { UnusableSession, type PollAnswer } from './dialect/dialect.ts';

const network = mockNetwork();
const EDGE = 'https://edge.example.com';
const device = { device_code: randomToken(), user_code: 'ABCD-EFGH', verification_uri: `${EDGE}/device`, expires_in: 600 };

const beamAuth = (more: object = {}): object => ({
  device_code_url: `${EDGE}/code`,
  token_url: `${EDGE}/token`,
  revocation_url: `${EDGE}/revoke`,
  ...more,
});

const oauth = {
  issuer: EDGE,
  token_endpoint: `${EDGE}/token`,
  device_authorization_endpoint: `${EDGE}/code`,
  revocation_endpoint: `${EDGE}/revoke`,
};

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const idToken = (claims: object, alg = 'RS256'): string => `${part({ alg })}.${part(claims)}.${part({})}`;
const claims = { iss: EDGE, sub: '7', aud: 'beamd-cli' };

function discovery(dialect: 'beam-auth' | 'oauth', document: object): Answers {
  const other = 'GET /.well-known/openid-configuration';
  return dialect === 'oauth'
    ? { 'GET /.well-known/beam-auth': [404, {}], [other]: [200, document] }
    : { 'GET /.well-known/beam-auth': [200, document] };
}

/** What a poll ends with that gets this token answer. */
async function refusalOf(answers: Answers): Promise<{ error: unknown; revoked: () => readonly unknown[] }> {
  const server = network.serve(EDGE, { 'POST /code': [200, device], 'POST /revoke': [200, {}], ...answers });
  const login = await (await discoverDialect(parseServer(EDGE), depsOf()))?.begin();
  const error = await login?.poll().then(
    (answer: PollAnswer) => answer,
    (reason: unknown) => reason,
  );
  const tokensOf = ({ json, form }: { json?: unknown; form?: unknown }): unknown => json ?? form;
  return { error, revoked: () => server.asked.filter(({ call }) => call === 'POST /revoke').map((one) => tokensOf(one)) };
}

const tokens = { access_token: randomToken(), refresh_token: randomToken() };
const both = [{ token: tokens.refresh_token }, { token: tokens.access_token }];

test.each<[string, 'beam-auth' | 'oauth', object, Answers, readonly object[]]>([
  ['an edge that cannot be used', 'beam-auth', { ...tokens, edge: 'http://edge.example.com' }, {}, both],
  ['no access token', 'beam-auth', { refresh_token: tokens.refresh_token }, {}, both.slice(0, 1)],
  ['a token that is refused at once', 'beam-auth', tokens, { 'GET /api/scopes': [401, {}] }, both],
  ['no refresh token', 'beam-auth', { access_token: tokens.access_token, edge: 'x/y' }, {}, both.slice(1)],
  ['an edge that cannot be used', 'oauth', { ...tokens, edge: 'http://edge.example.com', user: 'a', scopes: [] }, {}, both],
  ['no access token', 'oauth', { refresh_token: tokens.refresh_token }, {}, both.slice(0, 1)],
  ['another kind of token', 'oauth', { ...tokens, token_type: 'mac' }, {}, both],
  ['an ID token of another issuer', 'oauth', { ...tokens, id_token: idToken({ ...claims, iss: 'https://x.example' }) }, {}, both],
  ['an ID token for another client', 'oauth', { ...tokens, id_token: idToken({ ...claims, aud: 'other' }) }, {}, both],
  ['an ID token that is not signed', 'oauth', { ...tokens, id_token: idToken(claims, 'none') }, {}, both],
  ['a token that is refused at once', 'oauth', tokens, { 'GET /api/scopes': [401, {}] }, both],
])('%s (%s)', async (_, dialect, answer, more, wanted) => {
  const document = dialect === 'oauth' ? oauth : beamAuth();
  const { error, revoked } = await refusalOf({ ...discovery(dialect, document), 'POST /token': [200, answer], ...more });
  expect(error).toBeInstanceOf(UnusableSession);
  expect(revoked()).toEqual([]);
  expect(await (error as UnusableSession).revoke()).toBe('revoked');
  expect(revoked()).toMatchObject(wanted);
  expect(revoked()).toHaveLength(wanted.length);
});

test('a revocation elsewhere than where the tokens are from gets none of them', async () => {
  const plane = network.serve('https://plane.example.org', { 'POST /token': [200, { ...tokens, edge: 'x/y' }] });
  const document = beamAuth({ device_code_url: `${EDGE}/code`, token_url: `${plane.origin}/token` });
  const { error, revoked } = await refusalOf(discovery('beam-auth', document));
  expect(await (error as UnusableSession).revoke()).toBe('unsupported');
  expect([revoked(), plane.asked.length]).toEqual([[], 1]);
});

test('a server that does not answer then is no error of its own', async () => {
  const answers: Answers = {
    ...discovery('oauth', oauth),
    'POST /token': [200, { ...tokens, token_type: 'mac' }],
    'POST /revoke': [503, {}],
  };
  const { error } = await refusalOf(answers);
  expect(error).toMatchObject({ code: 'bad_answer', message: expect.stringContaining('(token_type)') as string });
  expect(await (error as UnusableSession).revoke()).toBe('unreachable');
});

test('an answer without any token ends nothing', async () => {
  const { error } = await refusalOf({ ...discovery('beam-auth', beamAuth()), 'POST /token': [200, { edge: EDGE }] });
  expect(error).toMatchObject({ code: 'bad_answer' });
  expect(error).not.toBeInstanceOf(UnusableSession);
});
