import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { startRunbeamCloud, type RunbeamCloud, type RunbeamCloudOptions } from './runbeam-cloud.ts';
import { jsonFields } from './server/exchange.ts';

let cloud: RunbeamCloud | undefined;
afterEach(async () => {
  await cloud?.close();
  cloud = undefined;
});

async function start(options: RunbeamCloudOptions = {}): Promise<RunbeamCloud> {
  cloud = await startRunbeamCloud(options);
  return cloud;
}

async function call(url: string, json?: unknown, bearer?: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    ...(json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }),
    headers: { 'content-type': 'application/json', ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) },
  });
  return { status: response.status, ...jsonFields(await response.text()) };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`expected text, not ${typeof value}`);
  return value;
}

async function login(server: RunbeamCloud): Promise<{ url: string; check: () => Promise<Record<string, unknown>> }> {
  const started = await call(`${server.origin}/api/cli/start-login`, {});
  expect(started).toMatchObject({ expires_in_seconds: 600, interval: 1 });
  const check = `${server.origin}/api/cli/check-login/${text(started.device_token)}`;
  return {
    url: text(started.verification_url),
    // `status` of the answer itself, not of HTTP.
    check: async () => jsonFields(await (await fetch(check)).text()),
  };
}

describe('Runbeam Cloud', () => {
  it('logs in with a JWT that its JWKS verifies', async () => {
    const server = await start({ expiresIn: 120 });
    const { url, check } = await login(server);
    expect(await check()).toEqual({ status: 'pending', interval: 1 });
    await server.approve(url);
    const answer = await check();
    const user = { id: '42', name: 'Alice Example', email: 'alice@example.com' };
    expect(answer).toEqual({ status: 'authenticated', token: expect.any(String), expires_in: 120, user });
    const keys = createRemoteJWKSet(new URL(`${server.origin}/api/.well-known/jwks.json`));
    const { payload } = await jwtVerify(text(answer.token), keys, { algorithms: ['RS256'], audience: 'runbeam-cli' });
    expect(payload).toMatchObject({ iss: `${server.origin}/api/cli/check-login`, sub: '42', user, team: { id: '7' } });
    expect(await check()).toMatchObject({ status: 'invalid' });
  });

  it('takes tokens of every kind, signed by whichever of its keys, meant for somebody or nobody', async () => {
    const server = await start({ audience: null });
    const tokens = [await server.issueUserToken()];
    await server.rotateKey();
    for (const kind of ['jwt', 'hs256', 'sanctum'] as const) tokens.push(await server.issueUserToken({}, kind));
    const heads = tokens.map((token) => (token.includes('|') ? 'opaque' : decodeProtectedHeader(token).alg));
    expect(heads).toEqual(['RS256', 'RS256', 'HS256', 'opaque']);
    expect(tokens.slice(0, 3).map((token) => decodeJwt(token).aud)).toEqual([undefined, undefined, undefined]);
    for (const token of tokens) expect((await call(`${server.origin}/api/gateways`, undefined, token)).status).toBe(200);
    const other = `${tokens[2]?.slice(0, -4) ?? ''}AAAA`;
    expect((await call(`${server.origin}/api/gateways`, undefined, other)).status).toBe(401);
  });

  it('denies and expires', async () => {
    const server = await start();
    const denied = await login(server);
    await server.deny(denied.url);
    expect(await denied.check()).toEqual({ status: 'invalid', message: 'The login was denied.' });
    const expired = await login(server);
    server.expire(expired.url);
    expect(await expired.check()).toEqual({ status: 'expired', message: 'This login has expired.' });
  });

  it('signs with a new key after a rotation and accepts both', async () => {
    const server = await start();
    const before = await server.issueUserToken();
    await server.rotateKey();
    const after = await server.issueUserToken();
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    for (const token of [before, after]) {
      expect(await call(`${server.origin}/api/gateways`, undefined, token)).toMatchObject({ status: 200, data: [] });
    }
    server.endUserToken(after);
    expect(await call(`${server.origin}/api/gateways`, undefined, after)).toMatchObject({ status: 401 });
  });

  it.each([
    { tokenKind: 'jwt', prefix: true },
    { tokenKind: 'sanctum', prefix: false },
  ] as const)('issues a machine token for a $tokenKind, prefix $prefix', async ({ tokenKind, prefix }) => {
    const server = await start({ tokenKind, prefix });
    const token = await server.issueUserToken();
    expect(token.includes('|')).toBe(tokenKind === 'sanctum');
    const where = prefix ? `${server.origin}/api` : server.origin;
    expect(await call(`${where}/harmony/base-url`)).toEqual({ status: 200, base_url: where });
    const question = { token, gateway_code: '1a2b3c4d' };
    const answer = await call(`${where}/harmony/authorize`, question, token);
    expect(answer).toEqual({
      status: 200,
      machine_token: expect.stringMatching(/^mt_/),
      expires_in: 2_592_000,
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      gateway: {
        id: 'gw_1',
        code: '1a2b3c4d',
        name: 'Gateway 1a2b3c4d',
        authorized_by: { id: '42', name: 'Alice Example', email: 'alice@example.com' },
      },
      abilities: ['harmony:config', 'harmony:changes', 'harmony:update'],
    });
    expect(server.issued()).toEqual([
      { gatewayCode: '1a2b3c4d', machineToken: answer.machine_token, expiresAt: answer.expires_at },
    ]);
    expect(server.counters.authorizations).toBe(1);
    expect(await call(`${where}/harmony/authorize`, question, 'wrong')).toMatchObject({ status: 401 });
    expect(await call(`${where}/harmony/authorize`, { token }, token)).toMatchObject({
      status: 422,
      errors: { gateway_code: ['The gateway_code field is required.'] },
    });
    expect(await call(`${where}/gateways/1a2b3c4d`, undefined, text(answer.machine_token))).toMatchObject({
      status: 200,
      data: { id: 'gw_1' },
    });
  });

  it('can hide its base URL', async () => {
    const server = await start({ baseUrlAt: 'nowhere' });
    expect(await call(`${server.origin}/api/harmony/base-url`)).toMatchObject({ status: 404 });
    expect(await call(`${server.origin}/harmony/base-url`)).toMatchObject({ status: 404 });
  });

  it('pages its lists', async () => {
    const server = await start();
    for (let number = 1; number <= 17; number += 1) server.addGateway(`code-${number}`);
    const token = await server.issueUserToken();
    const path = `${server.origin}/api/gateways`;
    const second = await call(`${path}?page=2`, undefined, token);
    expect(second).toEqual({
      status: 200,
      data: [16, 17].map((number) => ({
        id: `gw_${number}`,
        code: `code-${number}`,
        name: `Gateway code-${number}`,
        type: 'gateway',
        team_id: 'team_1',
      })),
      links: { first: `${path}?page=1`, last: `${path}?page=2`, prev: `${path}?page=1`, next: null },
      meta: { current_page: 2, from: 16, last_page: 2, path, per_page: 15, to: 17, total: 17 },
    });
    expect(await call(`${server.origin}/api/services`, undefined, token)).toMatchObject({ meta: { total: 2 } });
    expect(await call(`${server.origin}/api/services/nope`, undefined, token)).toMatchObject({ status: 404 });
  });
});
