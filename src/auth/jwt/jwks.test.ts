import { generateKeyPairSync } from 'node:crypto';
import type { CryptoKey, JWTVerifyGetKey } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BeamError } from '../../errors.ts';
import { mockNetwork, type Answer, type Answers, type MockedServer } from '../../net/msw.testing.ts';
import { failure } from '../../errors.testing.ts';
import { http } from '../auth.testing.ts';
import { remoteKeySet } from './jwks.ts';

const network = mockNetwork();
const CALL = 'GET /api/.well-known/jwks.json';
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsa = publicKey.export({ format: 'jwk' });
const key = { ...rsa, kid: 'one', alg: 'RS256', use: 'sig' };

/** Milliseconds that have really passed; the wall clock is moved apart from it. */
let passed: number;
let answers: Answers;
let server: MockedServer;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
  passed = 0;
  answers = {};
  server = network.serve('https://api.example.com', answers);
});

afterEach(() => vi.useRealTimers());

function advance(seconds: number): void {
  passed += seconds * 1000;
  vi.setSystemTime(Date.now() + seconds * 1000);
}

const keysOf = (...keys: unknown[]): Answer => [200, { keys }];

function keySet(answer: Answer, ttl?: number): Promise<JWTVerifyGetKey> {
  answers[CALL] = answer;
  const options = { http, clock: { elapsed: () => passed }, ...(ttl === undefined ? {} : { ttl }) };
  return remoteKeySet(`https://api.example.com${CALL.slice(4)}`, options);
}

/** The key for a header; undefined where the set has none that may be used. */
async function find(keys: JWTVerifyGetKey, kid: string): Promise<CryptoKey | undefined> {
  try {
    const found = await keys({ alg: 'RS256', kid }, { payload: '', signature: '' });
    return 'algorithm' in found ? found : undefined;
  } catch (error) {
    if (error instanceof BeamError) throw error;
    return undefined;
  }
}

describe('remoteKeySet', () => {
  test('fetches once and finds the key', async () => {
    const keys = await keySet(keysOf({ kty: 'EC', kid: 'two' }, 7, null, { kty: 7 }, key));
    const found = await Promise.all([find(keys, 'one'), find(keys, 'one'), find(keys, 'one')]);
    expect(found.map((one) => one?.type)).toEqual(['public', 'public', 'public']);
    expect(server.asked).toEqual([{ call: CALL }]);
  });

  test.each([
    ['another type', { ...key, kty: 'EC' }],
    ['for encryption', { ...key, use: 'enc' }],
    ['for other operations', { ...key, key_ops: ['encrypt'] }],
    ['whose operations are no list', { ...key, key_ops: 'verify' }],
    ['another algorithm', { ...key, alg: 'RS512' }],
    ['no kid', { ...key, kid: undefined }],
    ['a kid in other letters', { ...key, kid: 'One' }],
    ['no modulus', { ...key, n: undefined }],
  ])('a key %s does not count', async (_, other) => {
    expect(await find(await keySet(keysOf(other)), 'one')).toBeUndefined();
  });

  test('two keys with one kid are none', async () => {
    expect(await find(await keySet(keysOf(key, key)), 'one')).toBeUndefined();
  });

  test('a private key is taken for its public half', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const found = await find(await keySet(keysOf({ ...privateKey.export({ format: 'jwk' }), kid: 'one' })), 'one');
    expect([found?.type, found?.usages]).toEqual(['public', ['verify']]);
  });

  test('an unknown kid asks again, but not within 30 s', async () => {
    const keys = await keySet(keysOf(key));
    await find(keys, 'one');
    answers[CALL] = keysOf({ ...key, kid: 'new' });
    expect(await find(keys, 'new')).toBeUndefined();
    expect(server.asked.length).toBe(1);
    advance(30);
    expect((await find(keys, 'new'))?.type).toBe('public');
    expect(server.asked.length).toBe(2);
  });

  test.each([
    ['up', keysOf(key)],
    ['down', 'reset'],
  ] as const)('10,000 unknown kids: one fetch in 30 s, with a server that is %s', async (_, answer) => {
    const keys = await keySet(answer);
    for (let i = 0; i < 10_000; i++) {
      advance(0.01);
      await find(keys, `kid-${i}`).catch((error: unknown) => error);
    }
    expect(server.asked.length).toBe(4);
  });

  test('a failure is given to every call until the next try', async () => {
    const keys = await keySet('reset');
    const down = await failure(() => find(keys, 'one'));
    expect(down).toMatchObject({ code: 'network' });
    answers[CALL] = keysOf(key);
    expect(await failure(() => find(keys, 'one'))).toEqual(down);
    advance(30);
    expect((await find(keys, 'one'))?.type).toBe('public');
    expect(server.asked.length).toBe(2);
  });

  test('a set is good for its time, and not longer while the server is down', async () => {
    const keys = await keySet(keysOf(key), 100);
    await find(keys, 'one');
    advance(99);
    await find(keys, 'one');
    expect(server.asked.length).toBe(1);
    answers[CALL] = 'reset';
    advance(1);
    expect(await failure(() => find(keys, 'one'))).toMatchObject({ code: 'network' });
    expect(server.asked.length).toBe(2);
  });

  test.each([-86_400, 86_400])('a wall clock that is set %d s off neither stops it nor makes it ask more', async (seconds) => {
    const keys = await keySet(keysOf(key), 1e6);
    await find(keys, 'one');
    vi.setSystemTime(Date.now() + seconds * 1000);
    answers[CALL] = keysOf({ ...key, kid: 'new' });
    expect(await find(keys, 'new')).toBeUndefined();
    expect(server.asked.length).toBe(1);
    passed += 30_000;
    expect((await find(keys, 'new'))?.type).toBe('public');
  });

  test.each([
    [[404, {}], 'not_found'],
    [[302, ''], 'bad_answer'],
    [[500, {}], 'server_error'],
    [[200, '<html>'], 'bad_answer'],
    [[200, { keys: 7 }], 'bad_answer'],
    [[200, { keys: [{ ...key, x: 'x'.repeat(300_000) }] }], 'bad_answer'],
  ] as const)('%#: an answer that is no use', async (answer, code) => {
    const keys = await keySet(answer);
    expect(await failure(() => find(keys, 'one'))).toMatchObject({ code });
  });
});
