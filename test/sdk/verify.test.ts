/** Verification by the library: forged tokens, keys on a real server, and requests of both kinds. */
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  encodings,
  goodToken,
  headers,
  numbers,
  paddings,
  primitives,
  structures,
  type Victim,
} from '../../src/auth/jwt/jws-forgeries.testing.ts';
import { rfc3339 } from '../../src/clock.ts';
import { told, failure } from '../../src/errors.testing.ts';
import { startTestServer, type Answer, type TestServer } from '../../src/net/net.testing.ts';
import {
  authenticate,
  type BeamError,
  createVerifier,
  verifyUserToken,
  type Verifier,
  type VerifierOptions,
} from '../../src/sdk/runbeam.ts';
import { startRunbeamCloud } from '../../sandbox/testing.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicKeyPem = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
const issuer = 'https://issuer.example';
const now = Math.floor(Date.now() / 1000);
const claims = { iss: issuer, aud: 'api', iat: now, exp: now + 3_600, team: { id: 7 } };
const victim: Victim = { ...pair, kid: 'k', claims, stranger };

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function keyServer(answer: Answer): Promise<TestServer> {
  const server = await startTestServer({ 'GET /keys': answer });
  open.push(server.close);
  return server;
}

const jwks = { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k' }] };
const byPem = (): Verifier => createVerifier({ algorithm: 'RS256', publicKeyPem, issuer, audience: 'api' });

function tokenWith(more: object): string {
  return goodToken({ ...victim, claims: { ...claims, ...more } });
}

describe('createVerifier', () => {
  it.each(['pem', 'jwks', 'jwks by fetch'])('by %s: accepts a good token and none that is forged', async (kind) => {
    const { origin, asked } = await keyServer([200, jwks]);
    const more = kind === 'jwks by fetch' ? { fetch } : {};
    const verifier =
      kind === 'pem'
        ? byPem()
        : createVerifier({ algorithm: 'RS256', jwksUrl: `${origin}/keys`, issuer, audience: ['other', 'api'], ...more });
    expect(await verifier.verify(goodToken(victim))).toEqual({ kind: 'jwt', claims });
    const forged = [structures, encodings, headers, primitives, paddings, numbers].flatMap((make) => make(victim));
    const passed: string[] = [];
    for (const { name, token } of forged.filter((one) => one.token !== goodToken(victim))) {
      const { code } = await failure(() => verifier.verify(token));
      if (code !== 'token_rejected') passed.push(`${name}: ${code}`);
    }
    expect(passed).toEqual([]);
    // Many name a key that is unknown: one fetch in 30 s all the same.
    expect(asked.length).toBe(kind === 'pem' ? 0 : 1);
  });

  it.each<[object, string, string]>([
    [{ exp: now - 61 }, 'expired_token', `The token expired at ${rfc3339(now - 61)}`],
    [{ exp: undefined }, 'token_rejected', 'The token has no usable claim exp'],
    [{ nbf: now + 300 }, 'token_rejected', 'The token is not valid yet'],
    [{ iat: now + 300 }, 'token_rejected', 'The token was issued in the future'],
    [{ iss: `${issuer}/` }, 'token_rejected', 'The token comes from another issuer'],
    [{ aud: ['x'] }, 'token_rejected', 'The token is meant for another audience'],
    [{ aud: undefined }, 'token_rejected', 'The token is meant for another audience'],
  ])('refuses %j', async (more, code, message) => {
    expect(await failure(() => byPem().verify(tokenWith(more)))).toEqual({ code, message });
  });

  it.each([
    ['exp', -50],
    ['nbf', 50],
    ['iat', 50],
  ])('lets clocks differ by a minute: %s, %i s', async (claim, seconds) => {
    // From when the token is made: the tests before this one may have taken long.
    const moment = Math.floor(Date.now() / 1000) + seconds;
    expect((await byPem().verify(tokenWith({ [claim]: moment }))).kind).toBe('jwt');
  });

  it('takes HS256 only with its secret and for it alone', async () => {
    const secret = randomBytes(32).toString('hex');
    const verifier = createVerifier({ algorithm: 'HS256', secret, allowHs256: true, issuer });
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${part({ alg: 'HS256' })}.${part(claims)}`;
    const mac = (key: string): string => createHmac('sha256', key).update(input).digest('base64url');
    expect(await verifier.verify(`${input}.${mac(secret)}`)).toEqual({ kind: 'jwt', claims });
    expect((await failure(() => verifier.verify(`${input}.${mac(`${secret}0`)}`))).code).toBe('token_rejected');
    expect((await failure(() => verifier.verify(goodToken(victim)))).message).toBe('The token is not signed with HS256');
  });

  it('passes a Sanctum token through unseen only where that was asked for', async () => {
    const token = `7|${randomBytes(20).toString('hex')}`;
    expect((await failure(() => byPem().verify(token))).code).toBe('token_rejected');
    const passing = createVerifier({ algorithm: 'RS256', publicKeyPem, issuer, passOpaque: true });
    expect(await passing.verify(token)).toEqual({ kind: 'opaque' });
  });

  it('asks a server in trouble once in 30 s', async () => {
    const { origin, asked } = await keyServer([500, {}]);
    const verifier = createVerifier({ algorithm: 'RS256', jwksUrl: `${origin}/keys`, issuer });
    for (let time = 0; time < 20; time += 1)
      expect((await failure(() => verifier.verify(goodToken(victim)))).code).toBe('server_error');
    expect(asked).toHaveLength(1);
  });

  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'pem', type: 'spki' });
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' });
  it.each<[string, object, string]>([
    ['nothing', {}, 'bad_config'],
    ['RS256 without a key', { algorithm: 'RS256' }, 'bad_config'],
    ['two kinds of keys', { algorithm: 'RS256', publicKeyPem, jwksUrl: 'https://a.example/' }, 'bad_config'],
    ['a key that is none', { algorithm: 'RS256', publicKeyPem: 'key' }, 'bad_config'],
    ['a short key', { algorithm: 'RS256', publicKeyPem: String(small) }, 'bad_config'],
    ['a curve', { algorithm: 'RS256', publicKeyPem: String(curve) }, 'bad_config'],
    [
      'a private key',
      { algorithm: 'RS256', publicKeyPem: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) },
      'bad_config',
    ],
    ['HS256 that is not allowed', { algorithm: 'HS256', secret: 'x'.repeat(32) }, 'bad_config'],
    ['HS256 without a secret', { algorithm: 'HS256', allowHs256: true }, 'bad_config'],
    ['a short secret', { algorithm: 'HS256', secret: 'x'.repeat(31), allowHs256: true }, 'bad_config'],
    ['another algorithm', { algorithm: 'none', publicKeyPem }, 'bad_config'],
    ['keys over plain http', { algorithm: 'RS256', jwksUrl: 'http://a.example/' }, 'insecure_transport'],
    ['keys in a file', { algorithm: 'RS256', jwksUrl: 'file:///keys' }, 'bad_server'],
    ['no audience at all', { algorithm: 'RS256', publicKeyPem, audience: [] }, 'bad_config'],
  ])('is not made of %s', async (_, options, code) => {
    expect((await failure(() => createVerifier({ issuer, ...options } as VerifierOptions))).code).toBe(code);
  });
});

describe('verifyUserToken', () => {
  it('believes the issuer that is named, and no other', async () => {
    const cloud = await startRunbeamCloud();
    open.push(() => cloud.close());
    const token = await cloud.issueUserToken();
    const verified = await verifyUserToken(token, { issuer: cloud.origin });
    expect(verified).toMatchObject({ kind: 'jwt', claims: { sub: '42', team: { id: '7', name: 'Acme Inc.' } } });
    expect((await failure(() => verifyUserToken(token, { issuer: 'https://api.runbeam.io' }))).code).toBe('token_rejected');
    expect((await failure(() => verifyUserToken(token, { issuer: cloud.origin, audience: 'other' }))).code).toBe(
      'token_rejected',
    );
    expect(await verifyUserToken('1|x', { issuer: cloud.origin })).toEqual({ kind: 'opaque' });
  });
});

describe('authenticate', () => {
  const refusal = { authenticated: false, status: 401, headers: { 'www-authenticate': 'Bearer', 'content-length': '0' } };
  const forged = `${goodToken(victim).split('.').slice(0, 2).join('.')}.${sign('sha256', Buffer.from('x'), stranger.privateKey).toString('base64url')}`;
  const REQUESTS: readonly [string, string | undefined, string | undefined][] = [
    ['a good token', `Bearer ${goodToken(victim)}`, undefined],
    ['a good token, written otherwise', `bearer  ${goodToken(victim)}`, undefined],
    ['no token', undefined, 'The request has no bearer token'],
    ['a password', 'Basic YTpi', 'The request has no bearer token'],
    ['a forged token', `Bearer ${forged}`, 'The token has no valid signature'],
    ['a token that expired', `Bearer ${tokenWith({ exp: 1 })}`, 'The token expired at 1970-01-01T00:00:01Z'],
  ];

  it.each(REQUESTS)('a fetch Request with %s', async (_, authorization, reason) => {
    const problems: unknown[] = [];
    const request = new Request('https://a.example/', authorization === undefined ? {} : { headers: { authorization } });
    const caller = await authenticate(request, { verifier: byPem(), log: (problem) => problems.push(told(problem).message) });
    expect(problems).toEqual(reason === undefined ? [] : [reason]);
    if (caller.authenticated) expect([caller.token.reveal(), caller.kind]).toEqual([goodToken(victim), 'jwt']);
    else expect(caller).toEqual(refusal);
    expect(caller.authenticated).toBe(reason === undefined);
  });

  it.each(REQUESTS)('a request of http with %s', async (_, authorization, reason) => {
    const server = createServer((request, response) => {
      void authenticate(request, { verifier: byPem() }).then((caller) => {
        if (caller.authenticated) response.end('hello');
        else response.writeHead(caller.status, caller.headers).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => new Promise((resolve) => server.close(() => resolve())));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const answer = await fetch(
      `http://127.0.0.1:${port ?? 0}/`,
      authorization === undefined ? {} : { headers: { authorization } },
    );
    const seen = [answer.status, answer.headers.get('www-authenticate'), await answer.text()];
    expect(seen).toEqual(reason === undefined ? [200, null, 'hello'] : [401, 'Bearer', '']);
  });

  it('says nothing of keys that cannot be had', async () => {
    const { origin } = await keyServer([500, 'secret']);
    const problems: BeamError[] = [];
    const verifier = createVerifier({ algorithm: 'RS256', jwksUrl: `${origin}/keys`, issuer });
    const request = new Request('https://a.example/', { headers: { authorization: `Bearer ${goodToken(victim)}` } });
    expect(await authenticate(request, { verifier, log: (problem) => problems.push(problem) })).toEqual(refusal);
    expect(problems.map(({ code }) => code)).toEqual(['server_error']);
  });
});
