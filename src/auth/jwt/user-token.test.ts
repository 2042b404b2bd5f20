import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { BeamError } from '../../errors.ts';
import { createHttp } from '../../net/http-client.ts';
import { mockNetwork, type MockedServer } from '../../net/msw.testing.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { parseServer } from '../../store/server.ts';
import { verifyUserToken, type VerifiedToken, type VerifyDeps } from './user-token.ts';
import { START, tickingClock } from '../auth.testing.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Nobody else is there: a request to anybody but the server fails the test. */
const network = mockNetwork();
const CALL = 'GET /api/.well-known/jwks.json';
let server: MockedServer;

beforeEach(() => {
  const keys = [
    { ...publicKey.export({ format: 'jwk' }), kid: 'good' },
    { ...weak.publicKey.export({ format: 'jwk' }), kid: 'weak' },
    { kty: 'RSA', kid: 'broken', n: '!!', e: 'AQAB' },
  ];
  server = network.serve('https://api.runbeam.example', { [CALL]: [200, { keys }] });
});

const header = { alg: 'RS256', kid: 'good' };

function claims(more: object = {}): JWTPayload {
  return { iss: `${server.origin}/some/path`, sub: '7', iat: START, exp: START + 600, ...more };
}

function sign(payload: JWTPayload, head: JWTHeaderParameters = header, key = privateKey): Promise<string> {
  return new SignJWT(payload).setProtectedHeader(head).sign(key);
}

function verify(token: string, part: Partial<VerifyDeps> = {}): Promise<VerifiedToken> {
  const deps = { server: parseServer(server.origin), env: {}, http: createHttp({ env: {} }), clock: tickingClock() };
  return verifyUserToken(new Secret(token), { ...deps, ...part });
}

function rejected(why: string): object {
  return { code: 'token_rejected', message: `The user token for ${server.host} ${why}`, hint: { command: 'runbeam login' } };
}

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('accepted', () => {
  test('a good token, with its key fetched once', async () => {
    const user = { id: '7', name: 'Alice', email: 'alice@example.com' };
    const payload = claims({ aud: ['x', 'runbeam-cli'], nbf: START, user, team: { id: 3, name: 'Acme' } });
    const http = createHttp({ env: {} });
    const token = await sign(payload);
    expect(await verify(token, { http })).toEqual({ kind: 'jwt', claims: payload });
    expect(await verify(token, { http })).toEqual({ kind: 'jwt', claims: payload });
    expect(server.asked).toEqual([{ call: CALL }]);
  });

  test.each([
    ['expired 59 s ago', { exp: START - 59 }],
    ['valid in 60 s', { nbf: START + 60 }],
    ['issued in 60 s', { iat: START + 60 }],
    ['for the API', { aud: 'runbeam-api' }],
    ['a user that is not one', { user: 7 }],
  ])('%s', async (_, more) => {
    expect((await verify(await sign(claims(more)))).kind).toBe('jwt');
  });

  test('a Sanctum token is not looked into', async () => {
    expect(await verify(`12|${randomBytes(30).toString('base64url')}`)).toEqual({ kind: 'opaque' });
    expect(server.asked).toEqual([]);
  });
});

describe('rejected', () => {
  test('expired, with when', async () => {
    expect(await failure(async () => verify(await sign(claims({ exp: START - 60 }))))).toEqual({
      code: 'session_ended',
      message: `The session on ${server.host} expired at 2025-12-31T23:59:00Z`,
      hint: { command: 'runbeam login' },
    });
  });

  test.each([
    ['is not valid yet', { nbf: START + 61 }],
    ['was issued in the future', { iat: START + 61 }],
    ['is meant for another audience', { aud: 'other' }],
    ['is meant for another audience', { aud: [] }],
    ['has no usable claim exp', { exp: undefined }],
    ['has no usable claim sub', { sub: undefined }],
  ])('%s', async (why, more) => {
    expect(await failure(async () => verify(await sign(claims(more))))).toEqual(rejected(why));
  });

  test.each(['exp', 'iat', 'nbf'])('%s of 1e999 is a time that never comes', async (name) => {
    const body = JSON.stringify(claims()).replace(/}$/, `,"${name}":1e999}`);
    const head = part({ alg: 'HS256' });
    const secret = randomBytes(32).toString('hex');
    const mac = createHmac('sha256', secret)
      .update(`${head}.${part(body)}`)
      .digest('base64url');
    const error = await failure(() => verify(`${head}.${part(body)}.${mac}`, { env: { RUNBEAM_JWT_SECRET: secret } }));
    expect(error.code).toBe('token_rejected');
  });

  test.each([
    ['no kid', { alg: 'RS256' }, 'does not name its key'],
    ['a kid that is no text', { alg: 'RS256', kid: 7 }, 'is neither a JWT nor a Sanctum token'],
    ['an unknown kid', { alg: 'RS256', kid: 'other' }, 'is signed with a key that the server does not have'],
    ['a broken key', { alg: 'RS256', kid: 'broken' }, 'has no valid signature'],
    ['crit', { alg: 'RS256', kid: 'good', crit: ['x'], x: 1 }, 'has no valid signature'],
    ['b64', { alg: 'RS256', kid: 'good', b64: false, crit: ['b64'] }, 'has no valid signature'],
    ['none', { alg: 'none', kid: 'good' }, 'is not signed with RS256'],
    ['NONE', { alg: 'NONE', kid: 'good' }, 'is not signed with RS256'],
    ['RS512', { alg: 'RS512', kid: 'good' }, 'is not signed with RS256'],
    ['PS256', { alg: 'PS256', kid: 'good' }, 'is not signed with RS256'],
    ['no alg', { kid: 'good' }, 'is neither a JWT nor a Sanctum token'],
  ])('header: %s', async (_, head, why) => {
    const token = `${part(head)}.${part(claims())}.${part('signature')}`;
    expect(await failure(() => verify(token))).toEqual(rejected(why));
  });

  test('HS256 with the public key as its secret', async () => {
    const body = `${part({ alg: 'HS256', kid: 'good' })}.${part(claims())}`;
    const mac = createHmac('sha256', publicKey.export({ format: 'pem', type: 'spki' }))
      .update(body)
      .digest('base64url');
    expect(await failure(() => verify(`${body}.${mac}`))).toEqual(rejected('is not signed with RS256'));
  });

  test('the key of somebody else, and a key that is too small', async () => {
    expect(await failure(async () => verify(await sign(claims(), header, stranger.privateKey)))).toEqual(
      rejected('has no valid signature'),
    );
    const small = `${part({ alg: 'RS256', kid: 'weak' })}.${part(claims())}.${part('x')}`;
    expect(await failure(() => verify(small))).toEqual(rejected('has no valid signature'));
  });

  test('keys that the header brings along are not fetched or used', async () => {
    const jwk = stranger.publicKey.export({ format: 'jwk' });
    const head = { ...header, jku: 'https://keys.example/jwks', x5u: 'https://keys.example/x', jwk };
    expect(await failure(async () => verify(await sign(claims(), head, stranger.privateKey)))).toEqual(
      rejected('has no valid signature'),
    );
  });

  test.each([
    ['another host', () => 'https://keys.example'],
    ['user info', () => `https://${server.host}@evil.example`],
    ['a suffix', () => `${server.origin}0`],
    ['another scheme', () => server.origin.replace('https', 'http')],
    ['no URL', () => 'runbeam'],
    ['nothing', () => ''],
  ])('issuer: %s, and nobody is asked', async (_, iss) => {
    expect(await failure(async () => verify(await sign(claims({ iss: iss() }))))).toEqual(rejected('comes from another issuer'));
    expect(server.asked).toEqual([]);
  });

  test('more than one text for one signature', async () => {
    const token = await sign(claims());
    const [head = '', body = '', signature = ''] = token.split('.');
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = last[last.indexOf(signature.at(-1) ?? '') + 1] ?? '';
    const others = [
      `${head}.${body}.${signature}=`,
      `${head}.${body}.${signature}==`,
      `${head}.${body}.${signature.slice(0, -1)}${twin}`,
      `${head}.${body}.${signature}\n`,
      ` ${token}`,
      `${head}.${body}.${signature.slice(0, 10)} ${signature.slice(10)}`,
      `${head}.${body}.${signature.replaceAll('-', '+').replaceAll('_', '/')}+`,
      `${head}.${body}`,
      `${head}.${body}.`,
      `${token}.`,
      `..`,
      '',
    ];
    for (const other of others) {
      expect(await failure(() => verify(other))).toEqual(rejected('is neither a JWT nor a Sanctum token'));
    }
    expect((await verify(token)).kind).toBe('jwt');
  });

  test('more than 16 KiB', async () => {
    const big = await sign(claims({ x: 'x'.repeat(13_000) }));
    expect(big.length).toBeGreaterThan(16 * 1024);
    expect(await failure(() => verify(big))).toEqual(rejected('is neither a JWT nor a Sanctum token'));
  });

  test('anything else is an error of ours without a word of the token', async () => {
    const http = createHttp({ env: {} });
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.json(), fc.json(), fc.string()).map(([a, b, c]) => [a, b, c].map(part).join('.')),
    );
    await fc.assert(
      fc.asyncProperty(any, async (token) => {
        try {
          expect(await verify(token, { http })).toEqual({ kind: 'opaque' });
        } catch (error) {
          if (!(error instanceof BeamError)) throw error;
          if (token.length > 20) expect(error.message).not.toContain(token);
        }
      }),
    );
  });

  test('a server without keys is trouble, not a bad token', async () => {
    const other = network.serve('https://other.example', { [CALL]: [404, {}] });
    const token = await sign(claims({ iss: other.origin }));
    expect(await failure(() => verify(token, { server: parseServer(other.origin) }))).toMatchObject({ code: 'not_found' });
  });
});

describe('RUNBEAM_JWT_SECRET', () => {
  const secret = randomBytes(32).toString('hex');
  const env = { RUNBEAM_JWT_SECRET: secret };

  test('HS256 and HS256 alone', async () => {
    const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret));
    expect(await verify(token, { env })).toEqual({ kind: 'jwt', claims: claims() });
    expect(await failure(async () => verify(await sign(claims()), { env }))).toEqual(rejected('is not signed with HS256'));
    const other = { RUNBEAM_JWT_SECRET: randomBytes(32).toString('hex') };
    expect(await failure(() => verify(token, { env: other }))).toEqual(rejected('has no valid signature'));
    expect(await failure(() => verify(token, { env: { RUNBEAM_JWT_SECRET: '' } }))).toEqual(rejected('is not signed with RS256'));
    expect(server.asked).toEqual([]);
  });
});
