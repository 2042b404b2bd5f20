import { afterEach, describe, expect, it } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge, type BeamAuthOptions } from './beam-auth-edge.ts';
import { manyOrgs } from './fixtures.ts';
import { jsonFields } from './server/exchange.ts';
import type { Refresh } from './server/listen.ts';

let edge: BeamAuthEdge | undefined;
afterEach(async () => {
  await edge?.close();
  edge = undefined;
});

async function start(options: BeamAuthOptions = {}): Promise<BeamAuthEdge> {
  edge = await startBeamAuthEdge(options);
  return edge;
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

async function logIn(server: BeamAuthEdge): Promise<Record<string, unknown>> {
  const device = await call(`${server.origin}/device/code`, {});
  await server.approve(text(device.user_code));
  return call(`${server.origin}/token`, { device_code: device.device_code });
}

describe('beam-auth edge', () => {
  it('names its endpoints on the host that was asked', async () => {
    const server = await start();
    expect(server.controlPlane).toBe(`http://localhost:${server.port}`);
    for (const host of [server.origin, server.controlPlane]) {
      expect(await call(`${host}/.well-known/beam-auth`)).toEqual({
        status: 200,
        device_code_url: `${host}/device/code`,
        token_url: `${host}/token`,
        verification_uri: `${host}/device`,
        revocation_url: `${host}/revoke`,
      });
    }
  });

  it('can offer no device login', async () => {
    const empty = await start({ discovery: 'empty' });
    expect(await call(`${empty.origin}/.well-known/beam-auth`)).toMatchObject({ status: 200, device_code_url: '' });
    await empty.close();
    const missing = await start({ discovery: 'missing' });
    expect(await call(`${missing.origin}/.well-known/beam-auth`)).toMatchObject({ status: 404 });
  });

  it('answers pending, slow_down, then a session', async () => {
    const server = await start({ expiresIn: 60 });
    const device = await call(`${server.origin}/device/code`, {});
    expect(device).toMatchObject({ expires_in: 600, interval: 1, verification_uri: `${server.origin}/device` });
    const poll = (): Promise<Record<string, unknown>> => call(`${server.origin}/token`, { device_code: device.device_code });
    const userCode = text(device.user_code);
    expect(await poll()).toEqual({ status: 400, error: 'authorization_pending' });
    server.slowDown(userCode);
    expect(await poll()).toEqual({ status: 400, error: 'slow_down' });
    expect(server.waiting()).toEqual([userCode]);
    await server.approve(userCode.toLowerCase());
    expect(server.waiting()).toEqual([]);
    expect(await poll()).toEqual({
      status: 200,
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 60,
      edge: server.origin,
      scopes: [
        { slug: 'alice', role: 'owner' },
        { slug: 'acme', role: 'admin' },
        { slug: 'widgets', role: 'member' },
      ],
    });
    expect(await poll()).toEqual({ status: 400, error: 'invalid_grant' });
  });

  it('denies and expires', async () => {
    const server = await start({ errorStatus: 200 });
    const denied = await call(`${server.origin}/device/code`, {});
    await server.deny(text(denied.user_code));
    const poll = (code: unknown): Promise<unknown> => call(`${server.origin}/token`, { device_code: code });
    expect(await poll(denied.device_code)).toEqual({ status: 200, error: 'access_denied' });
    const expired = await call(`${server.origin}/device/code`, {});
    server.expire(text(expired.user_code));
    expect(await poll(expired.device_code)).toEqual({ status: 200, error: 'expired_token' });
    await expect(server.approve(text(expired.user_code))).rejects.toThrow('unknown, used or expired');
  });

  it('rotates refresh tokens and ends the session on reuse', async () => {
    const server = await start();
    const told: Refresh[] = [];
    server.onRefresh((refresh) => told.push(refresh));
    const first = await logIn(server);
    const trade = (token: unknown): Promise<Record<string, unknown>> =>
      call(`${server.origin}/token`, { grant_type: 'refresh_token', refresh_token: token });
    const second = await trade(first.refresh_token);
    expect(second).toMatchObject({ status: 200, expires_in: 3600 });
    expect(server.liveSessions()).toBe(1);
    expect(await trade(first.refresh_token)).toEqual({ status: 400, error: 'invalid_grant' });
    expect(await trade(second.refresh_token)).toEqual({ status: 400, error: 'invalid_grant' });
    expect(await call(`${server.origin}/api/scopes`, undefined, text(second.access_token))).toMatchObject({ status: 401 });
    expect(server.counters).toMatchObject({ refreshes: 1, refusedRefreshes: 2 });
    expect(told.map(({ granted }) => granted)).toEqual([true, false, false]);
    for (const { at, answered = NaN, clientPort } of told) expect([answered >= at, clientPort > 0]).toEqual([true, true]);
    const left = (server.endOf(text(second.access_token)) ?? NaN) - Date.now();
    expect(left > 0 && left <= 3_600_000).toBe(true);
    expect(server.endOf('bat_of_nobody')).toBeUndefined();
  });

  it('forgives reuse within the grace', async () => {
    const server = await start({ grace: 30 });
    const first = await logIn(server);
    const again = { refresh_token: first.refresh_token };
    expect(await call(`${server.origin}/token`, again)).toMatchObject({ status: 200 });
    expect(await call(`${server.origin}/token`, again)).toMatchObject({ status: 200 });
    expect(server.liveSessions()).toBe(1);
  });

  it('revokes with JSON or a form', async () => {
    const server = await start();
    const first = await logIn(server);
    expect(await call(`${server.origin}/revoke`, { token: first.refresh_token })).toEqual({ status: 200 });
    const second = await logIn(server);
    const form = new URLSearchParams({ token: text(second.refresh_token) });
    expect((await fetch(`${server.origin}/revoke`, { method: 'POST', body: form })).status).toBe(200);
    expect(server.counters.revocations).toBe(2);
    expect(server.liveSessions()).toBe(0);
  });

  it.each([0, 1, 500])('has sessions with %i orgs', async (count) => {
    const server = await start({ orgs: manyOrgs(count), scopesOnlyByApi: true, expiresIn: null });
    const tokens = await logIn(server);
    expect(tokens).not.toHaveProperty('scopes');
    expect(tokens).not.toHaveProperty('expires_in');
    const answer = await call(`${server.origin}/api/scopes`, undefined, text(tokens.access_token));
    expect(answer).toEqual({ status: 200, user: 'alice@example.com', scopes: manyOrgs(count) });
    expect(manyOrgs(count)).toHaveLength(count);
    server.setOrgs([]);
    expect(await call(`${server.origin}/api/scopes`, undefined, text(tokens.access_token))).toMatchObject({ scopes: [] });
  });

  it('knows its API keys', async () => {
    const server = await start();
    const url = `${server.origin}/api/v1/workspace`;
    expect(await call(url, undefined, server.apiKey)).toEqual({ status: 200, ...server.workspace });
    expect(await call(url, undefined, 'wrong')).toMatchObject({ status: 401 });
    expect(await call(url)).toMatchObject({ status: 401 });
  });
});
