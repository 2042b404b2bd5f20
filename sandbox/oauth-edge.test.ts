import { afterEach, describe, expect, it } from 'vitest';
import { startOAuthEdge, type OAuthEdge, type OAuthOptions } from './oauth-edge.ts';
import { jsonFields } from './server/exchange.ts';
import type { Refresh } from './server/listen.ts';

let edge: OAuthEdge | undefined;
afterEach(async () => {
  await edge?.close();
  edge = undefined;
});

async function start(options: OAuthOptions = {}): Promise<OAuthEdge> {
  edge = await startOAuthEdge(options);
  return edge;
}

async function post(url: string, form: Record<string, string>): Promise<Record<string, unknown>> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams({ client_id: 'beamd-cli', ...form }) });
  return { status: response.status, ...jsonFields(await response.text()) };
}

async function get(url: string, bearer: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${bearer}` } });
  return { status: response.status, ...jsonFields(await response.text()) };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`expected text, not ${typeof value}`);
  return value;
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

async function begin(server: OAuthEdge): Promise<Record<string, unknown>> {
  return post(`${server.origin}/device/auth`, { scope: 'openid offline_access profile email' });
}

function poll(server: OAuthEdge, device: Record<string, unknown>): Promise<Record<string, unknown>> {
  return post(`${server.origin}/token`, { grant_type: DEVICE_GRANT, device_code: text(device.device_code) });
}

async function logIn(server: OAuthEdge): Promise<Record<string, unknown>> {
  const device = await begin(server);
  await server.approve(text(device.user_code));
  return poll(server, device);
}

function refresh(server: OAuthEdge, token: unknown): Promise<Record<string, unknown>> {
  return post(`${server.origin}/token`, { grant_type: 'refresh_token', refresh_token: text(token) });
}

describe('OAuth edge', () => {
  it('announces the device flow and revocation', async () => {
    const server = await start();
    const response = await fetch(`${server.origin}/.well-known/openid-configuration`);
    expect(jsonFields(await response.text())).toMatchObject({
      issuer: server.origin,
      device_authorization_endpoint: `${server.origin}/device/auth`,
      token_endpoint: `${server.origin}/token`,
      userinfo_endpoint: `${server.origin}/userinfo`,
      revocation_endpoint: `${server.origin}/revoke`,
      scopes_supported: ['openid', 'offline_access', 'profile', 'email'],
    });
  });

  it('gives a session once the pages were clicked through', async () => {
    const server = await start();
    const device = await begin(server);
    expect(await poll(server, device)).toMatchObject({ status: 400, error: 'authorization_pending' });
    await server.approve(text(device.user_code));
    const tokens = await poll(server, device);
    expect(tokens).toMatchObject({ status: 200, expires_in: 3600, token_type: 'Bearer' });
    expect(await get(`${server.origin}/userinfo`, text(tokens.access_token))).toEqual({
      status: 200,
      sub: 'alice',
      name: 'Alice Example',
      email: 'alice@example.com',
      email_verified: true,
      edge: server.origin,
      scopes: [
        { slug: 'alice', role: 'owner' },
        { slug: 'acme', role: 'admin' },
        { slug: 'widgets', role: 'member' },
      ],
    });
  });

  it('says no when the person says no', async () => {
    const server = await start();
    const device = await begin(server);
    await server.deny(text(device.user_code));
    expect(await poll(server, device)).toMatchObject({ status: 400, error: 'access_denied' });
  });

  it('refuses an unknown code on its page', async () => {
    const server = await start();
    await expect(server.approve('BBBB-BBBB')).rejects.toThrow('This code is unknown, used or expired.');
  });

  it('lists the orgs for a live token only', async () => {
    const server = await start({ orgs: [{ slug: 'solo' }] });
    const tokens = await logIn(server);
    const url = `${server.origin}/api/scopes`;
    const answer = { user: 'alice@example.com', scopes: [{ slug: 'solo' }] };
    expect(await get(url, text(tokens.access_token))).toEqual({ status: 200, ...answer });
    server.expireAccess();
    expect(await get(url, text(tokens.access_token))).toEqual({ status: 401, error: 'invalid_token' });
  });

  it('rotates refresh tokens and ends the session on reuse', async () => {
    const server = await start();
    const told: Refresh[] = [];
    server.onRefresh((one) => told.push(one));
    const first = await logIn(server);
    const second = await refresh(server, first.refresh_token);
    const left = (server.endOf(text(second.access_token)) ?? NaN) - Date.now();
    expect(left > 0 && left <= 3_600_000).toBe(true);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(server.liveSessions()).toBe(1);
    expect(await refresh(server, first.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await refresh(server, second.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(server.counters).toMatchObject({ refreshes: 1, refusedRefreshes: 2 });
    expect(told.map(({ granted }) => granted)).toEqual([true, false, false]);
    for (const { at, answered = NaN, clientPort } of told) expect([answered >= at, clientPort > 0]).toEqual([true, true]);
    expect(server.endOf(text(second.access_token))).toBeUndefined();
    expect(server.liveSessions()).toBe(0);
  });

  it('forgives reuse within the grace', async () => {
    const server = await start({ grace: 30 });
    const first = await logIn(server);
    expect(await refresh(server, first.refresh_token)).toMatchObject({ status: 200 });
    expect(await refresh(server, first.refresh_token)).toMatchObject({ status: 200 });
    expect(server.counters.refreshes).toBe(2);
  });

  it('revokes', async () => {
    const server = await start();
    const tokens = await logIn(server);
    const answer = await post(`${server.origin}/revoke`, { token: text(tokens.refresh_token) });
    expect(answer).toEqual({ status: 200 });
    await post(`${server.origin}/revoke`, { token: text(tokens.access_token) });
    expect(server.counters.revocations).toBe(1);
    expect(await refresh(server, tokens.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('puts the claims where it was asked to', async () => {
    const inToken = await logIn(await start({ claimsIn: 'token', edge: 'https://edge.example.com' }));
    expect(inToken).toMatchObject({ edge: 'https://edge.example.com', scopes: [{ slug: 'alice' }, {}, {}] });
    await edge?.close();
    const inIdToken = await logIn(await start({ claimsIn: 'id_token' }));
    const payload = Buffer.from(text(inIdToken.id_token).split('.')[1] ?? '', 'base64url').toString();
    expect(jsonFields(payload)).toMatchObject({ edge: edge?.origin, name: 'Alice Example' });
  });

  it('lets the access token life be changed and answers by itself when told to', async () => {
    const server = await start({ autoApprove: true });
    server.setExpiresIn(5);
    const device = await begin(server);
    await expect.poll(async () => (await poll(server, device)).expires_in, { timeout: 10_000, interval: 200 }).toBe(5);
  });

  it('serves IPv6 loopback', async () => {
    const server = await start({ host: '::1' });
    expect(server.origin).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await logIn(server)).toMatchObject({ status: 200 });
  });
});
