/** Tokens made to turn this program against a key server, or a key server against it: through the real client. */
import { createServer, type Server } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { createHttp } from '../../net/http-client.ts';
import { failure } from '../../errors.testing.ts';
import { startRawServer, startTestServer } from '../../net/net.testing.ts';
import { Secret } from '../../secret.ts';
import { parseServer } from '../../store/server.ts';
import { verifyUserToken } from './user-token.ts';
import { START, tickingClock } from '../auth.testing.ts';

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function forged(iss: string, kid: string): Secret {
  return new Secret(`${part({ alg: 'RS256', kid })}.${part({ iss, sub: '7', exp: START + 1e6 })}.${part({ signature: kid })}`);
}

describe('10,000 tokens with as many kids, at most one fetch in 30 s', () => {
  test.each([
    ['a server that is up', 200],
    ['a server in trouble', 503],
    ['a server without keys', 404],
    ['a server that resets', 0],
  ])('%s', async (_, status) => {
    const at: number[] = [];
    const clock = tickingClock();
    const server = await startTestServer({
      'GET /api/.well-known/jwks.json': (_asked, response) => {
        at.push(clock.now());
        if (status === 0) response.socket?.resetAndDestroy();
        return status === 0 ? undefined : [status, { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'good' }] }];
      },
    });
    closing.push(server.close);
    const deps = {
      server: parseServer(server.origin),
      env: {},
      http: createHttp({ env: {} }),
      clock,
    };
    // In bursts, as a server with many clients behind it would see them; 300 s in all.
    for (let burst = 0; burst < 100; burst++) {
      const tokens = Array.from({ length: 100 }, (_one, index) => forged(server.origin, `kid-${burst}-${index}`));
      const results = await Promise.allSettled(tokens.map((token) => verifyUserToken(token, deps)));
      expect(results.every((result) => result.status === 'rejected')).toBe(true);
      clock.advance(3);
    }
    expect(at.length).toBe(10);
    expect(Math.min(...at.slice(1).map((time, index) => time - (at[index] ?? 0)))).toBeGreaterThanOrEqual(30_000);
  });
});

test('a key set without an end: read up to 256 KiB, then the line is cut', async () => {
  let sent = 0;
  let cut = false;
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.on('close', () => (cut = true));
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384, '[')) && sent < 64 * 1024 * 1024) sent += 16_384;
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const origin = `http://127.0.0.1:${address.port}`;
  const deps = { server: parseServer(origin), env: {}, http: createHttp({ env: {} }), clock: tickingClock() };
  expect(await failure(() => verifyUserToken(forged(origin, 'k'), deps))).toEqual({
    code: 'bad_answer',
    message: `127.0.0.1:${address.port} answered with more than 262144 bytes`,
  });
  await expect.poll(() => cut).toBe(true);
  // What lay in the buffers of the two sockets, at most.
  expect(sent).toBeLessThan(16 * 1024 * 1024);
});

test('forged issuers: 0 connections, to them or to anybody', async () => {
  let connections = 0;
  const canary = await startRawServer(() => (connections += 1));
  closing.push(canary.close);
  const own = parseServer('https://api.runbeam.example');
  const asked: string[] = [];
  const real = createHttp({ env: {} });
  const deps = {
    server: own,
    env: {},
    clock: tickingClock(),
    http: (request: Parameters<typeof real>[0]) => {
      asked.push(request.url);
      return real(request);
    },
  };
  const host = `127.0.0.1:${canary.port}`;
  const issuers = [
    `http://${host}`,
    `http://${host}/api`,
    `http://api.runbeam.example@${host}`,
    `https://api.runbeam.example:${canary.port}`,
    `https://api.runbeam.example.${host}`,
    `http://api.runbeam.example`,
    `https://API.runbeam.example.attacker.example`,
    `https://attacker.example/https://api.runbeam.example`,
    `https://attacker.example\\@api.runbeam.example`,
    `https://attacker.example#@api.runbeam.example`,
    `//${host}`,
    host,
    'null',
    'file:///',
    'blob:https://attacker.example/1',
    '',
    `https://api.runbeam.example:443@${host}/`,
    'http://localhost',
    'http://[::1]',
    'http://169.254.169.254/',
  ];
  for (const iss of issuers) {
    expect(await failure(() => verifyUserToken(forged(iss, 'k'), deps)), iss).toMatchObject({ code: 'token_rejected' });
  }
  expect({ connections, asked }).toEqual({ connections: 0, asked: [] });
});
