import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Http, HttpResponse } from '../../http.ts';
import { BeamError } from '../../errors.ts';
import { failure, startTestServer } from '../../net/net.testing.ts';
import { createJwks } from './jwks.ts';
import { http as realHttp, tickingClock } from '../auth.testing.ts';

const URL_ = 'https://api.example.com/api/.well-known/jwks.json';
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsa = publicKey.export({ format: 'jwk' });
const key = { ...rsa, kid: 'one', alg: 'RS256', use: 'sig' };

interface Source {
  readonly http: Http;
  calls: number;
  answer: HttpResponse | BeamError;
}

function source(keys: unknown, status = 200): Source {
  const from: Source = {
    calls: 0,
    answer: { status, headers: {}, text: JSON.stringify({ keys }) },
    http: async () => {
      from.calls += 1;
      await Promise.resolve();
      if (from.answer instanceof BeamError) throw from.answer;
      return from.answer;
    },
  };
  return from;
}

const keysOf = (keys: unknown): HttpResponse => ({ status: 200, headers: {}, text: JSON.stringify({ keys }) });

describe('createJwks', () => {
  test('fetches once and finds the key', async () => {
    const from = source([{ kty: 'EC', kid: 'two' }, 7, key]);
    const jwks = createJwks({ http: from.http, clock: tickingClock() });
    const found = await Promise.all([jwks.key(URL_, 'one'), jwks.key(URL_, 'one'), jwks.key(URL_, 'one')]);
    expect(found.map((one) => one?.type)).toEqual(['public', 'public', 'public']);
    expect(from.calls).toBe(1);
  });

  test.each([
    ['another type', { ...key, kty: 'EC' }],
    ['for encryption', { ...key, use: 'enc' }],
    ['for other operations', { ...key, key_ops: ['encrypt'] }],
    ['whose operations are no list', { ...key, key_ops: 'verify' }],
    ['another algorithm', { ...key, alg: 'RS512' }],
    ['no kid', { ...key, kid: undefined }],
    ['no modulus', { ...key, n: undefined }],
  ])('a key %s does not count', async (_, other) => {
    const from = source([other]);
    expect(await createJwks({ http: from.http, clock: tickingClock() }).key(URL_, 'one')).toBeUndefined();
  });

  test('two keys with one kid are none', async () => {
    const from = source([key, key]);
    expect(await createJwks({ http: from.http, clock: tickingClock() }).key(URL_, 'one')).toBeUndefined();
  });

  test('a private key is taken for its public half', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const from = source([{ ...privateKey.export({ format: 'jwk' }), kid: 'one' }]);
    const found = await createJwks({ http: from.http, clock: tickingClock() }).key(URL_, 'one');
    expect([found?.type, found?.usages]).toEqual(['public', ['verify']]);
  });

  test('an unknown kid asks again, but not within 30 s', async () => {
    const clock = tickingClock();
    const from = source([key]);
    const jwks = createJwks({ http: from.http, clock });
    await jwks.key(URL_, 'one');
    from.answer = keysOf([{ ...key, kid: 'new' }]);
    expect(await jwks.key(URL_, 'new')).toBeUndefined();
    expect(from.calls).toBe(1);
    clock.advance(30);
    expect((await jwks.key(URL_, 'new'))?.type).toBe('public');
    expect(from.calls).toBe(2);
  });

  test('10,000 unknown kids: one fetch in 30 s, server up or down', async () => {
    for (const down of [false, true]) {
      const clock = tickingClock();
      const from = source([key]);
      if (down) from.answer = new BeamError('network', 'down');
      const jwks = createJwks({ http: from.http, clock });
      for (let i = 0; i < 10_000; i++) {
        clock.advance(0.01);
        await jwks.key(URL_, `kid-${i}`).catch((error: unknown) => error);
      }
      expect(from.calls).toBe(4);
    }
  });

  test('a failure is given to every call until the next try', async () => {
    const clock = tickingClock();
    const from = source([key]);
    const up = from.answer;
    from.answer = new BeamError('network', 'down');
    const jwks = createJwks({ http: from.http, clock });
    expect(await failure(() => jwks.key(URL_, 'one'))).toEqual({ code: 'network', message: 'down' });
    from.answer = up;
    expect(await failure(() => jwks.key(URL_, 'one'))).toEqual({ code: 'network', message: 'down' });
    clock.advance(30);
    expect((await jwks.key(URL_, 'one'))?.type).toBe('public');
    expect(from.calls).toBe(2);
  });

  test('a set is good for its time, and not longer while the server is down', async () => {
    const clock = tickingClock();
    const from = source([key]);
    const jwks = createJwks({ http: from.http, clock, ttl: 100 });
    await jwks.key(URL_, 'one');
    clock.advance(99);
    await jwks.key(URL_, 'one');
    expect(from.calls).toBe(1);
    from.answer = new BeamError('timeout', 'slow');
    clock.advance(1);
    expect(await failure(() => jwks.key(URL_, 'one'))).toMatchObject({ code: 'timeout' });
    expect(from.calls).toBe(2);
  });

  test('a clock that was set back does not stop it', async () => {
    const clock = tickingClock();
    const from = source([key]);
    const jwks = createJwks({ http: from.http, clock });
    await jwks.key(URL_, 'one');
    clock.advance(-86_400);
    from.answer = keysOf([{ ...key, kid: 'new' }]);
    expect((await jwks.key(URL_, 'new'))?.type).toBe('public');
  });

  test.each([
    [404, 'not_found'],
    [302, 'bad_answer'],
    [500, 'server_error'],
  ])('status %i', async (status, code) => {
    const from = source([key], status);
    expect(await failure(() => createJwks({ http: from.http, clock: tickingClock() }).key(URL_, 'one'))).toMatchObject({
      code,
    });
  });

  test('a huge set is not read', async () => {
    const server = await startTestServer({ 'GET /jwks': [200, { keys: [{ ...key, x: 'x'.repeat(300_000) }] }] });
    const jwks = createJwks({ http: realHttp, clock: tickingClock() });
    expect(await failure(() => jwks.key(`${server.origin}/jwks`, 'one'))).toMatchObject({ code: 'bad_answer' });
    await server.close();
  });
});
