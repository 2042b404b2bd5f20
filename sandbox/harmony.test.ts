import { readFile, stat } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { identityIn, newIdentity, openWith } from './harmony/age.ts';
import { startHarmony, type Harmony, type HarmonyOptions } from './harmony.ts';
import { startRunbeamCloud, type RunbeamCloud } from './runbeam-cloud.ts';
import { jsonFields } from './server/exchange.ts';

const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function gateway(options: HarmonyOptions = {}): Promise<Harmony> {
  const server = await startHarmony(options);
  servers.push(server);
  return server;
}

async function both(options: HarmonyOptions = {}): Promise<{ cloud: RunbeamCloud; harmony: Harmony; token: string }> {
  const cloud = await startRunbeamCloud();
  servers.push(cloud);
  return { cloud, harmony: await gateway({ cloud: cloud.origin, ...options }), token: await cloud.issueUserToken() };
}

async function call(url: string, json?: unknown, bearer?: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    ...(json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }),
    headers: { 'content-type': 'application/json', ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) },
  });
  return { status: response.status, ...jsonFields(await response.text()) };
}

const TOKEN = {
  machine_token: 'mt_sandbox',
  expires_at: '2026-12-21T00:00:00Z',
  gateway_id: 'gw_1',
  gateway_code: '1a2b3c4d',
  abilities: ['harmony:config'],
};

describe('Harmony', () => {
  it('says what it is under its prefix only', async () => {
    const harmony = await gateway({ prefix: 'manage' });
    expect(await call(`${harmony.origin}/manage/info`)).toEqual({
      status: 200,
      version: '0.9.0',
      uptime: expect.any(Number),
      os: process.platform,
      arch: process.arch,
    });
    expect(await call(`${harmony.origin}/manage/pipelines`)).toMatchObject({ pipelines: [{ id: 'fhir' }, { id: 'echo' }] });
    expect(await call(`${harmony.origin}/manage/routes`)).toMatchObject({ routes: [{ pipeline: 'fhir' }, {}] });
    expect(await call(`${harmony.origin}/admin/info`)).toMatchObject({ status: 404 });
  });

  it('stores the machine token under the key it was sent, in each documented shape', async () => {
    const identity = await newIdentity();
    const keygen = `# created: 2026-11-21T00:00:00Z\n# public key: age1\n${identity}\n`;
    const shapes = [
      identity,
      `${identity}\n\n`,
      base64(identity),
      base64(`${identity}\n`),
      base64(keygen),
      `${base64(keygen)}\n`,
    ];
    for (const encryption_key of shapes) {
      const harmony = await gateway();
      expect(await call(`${harmony.origin}/admin/token`, { ...TOKEN, encryption_key })).toMatchObject({ status: 200 });
      const sealed = await readFile(harmony.tokenFile);
      expect(sealed.toString('latin1').startsWith('age-encryption.org/v1\n-> X25519 ')).toBe(true);
      const opened = await openWith(identity, sealed);
      expect(opened).toBe(JSON.stringify({ ...TOKEN, issued_at: jsonFields(opened).issued_at }, undefined, 2));
      expect((await stat(harmony.tokenFile)).mode & 0o777).toBe(0o600);
    }
  });

  it('makes a key of its own when it was sent none', async () => {
    const harmony = await gateway();
    expect(await harmony.storedToken()).toBeUndefined();
    await call(`${harmony.origin}/admin/token`, TOKEN);
    expect(await harmony.storedToken()).toEqual({ ...TOKEN, issued_at: expect.any(String) });
    expect(identityIn(await readFile(harmony.keyFile, 'utf8'))).toMatch(/^AGE-SECRET-KEY-1/);
    await expect(harmony.storedToken(await newIdentity())).rejects.toThrow();
  });

  it('refuses what is no token and no key', async () => {
    const harmony = await gateway();
    const url = `${harmony.origin}/admin/token`;
    expect(await call(url, { ...TOKEN, gateway_id: undefined })).toMatchObject({ status: 400, message: 'Missing: gateway_id.' });
    expect(await call(url, { ...TOKEN, encryption_key: 'nope' })).toMatchObject({ status: 400 });
    expect(await harmony.storedToken()).toBeUndefined();
  });

  it('believes its config after a reload', async () => {
    const harmony = await gateway({ enabled: false });
    const url = `${harmony.origin}/admin/token`;
    const refused = {
      status: 403,
      error: 'Forbidden',
      message: 'Runbeam Cloud integration is disabled. Set runbeam.enabled = true in config.toml.',
    };
    expect(await call(url, TOKEN)).toEqual(refused);
    await harmony.setEnabled(true);
    expect(await call(url, TOKEN)).toEqual(refused);
    expect(await call(`${harmony.origin}/api/reload`, {})).toEqual({
      status: 'success',
      diff: { zero_downtime_changes: ['runbeam'], adapter_restarts_required: [] },
      restarted_networks: ['default'],
      last_reload: expect.any(String),
    });
    expect(await call(url, TOKEN)).toMatchObject({ status: 200 });
  });

  it('asks the cloud itself and keeps what it gets', async () => {
    const { cloud, harmony, token } = await both({ version: '0.4' });
    expect(await call(`${harmony.origin}/admin/token`, TOKEN)).toMatchObject({ status: 404 });
    const question = { gateway_code: '1a2b3c4d', metadata: { label: 'my-label' } };
    const answer = await call(`${harmony.origin}/admin/authorize`, question, token);
    const [issued] = cloud.issued();
    expect(answer).toEqual({
      status: 201,
      success: true,
      message: 'Gateway authorized.',
      gateway: { id: 'gw_1', code: '1a2b3c4d', name: 'Gateway 1a2b3c4d' },
      expires_at: issued?.expiresAt,
      expires_in: 2_592_000,
    });
    expect(await harmony.storedToken()).toMatchObject({ machine_token: issued?.machineToken, gateway_id: 'gw_1' });
  });

  it('passes refusals of the cloud on', async () => {
    const { cloud, harmony, token } = await both();
    const url = `${harmony.origin}/admin/authorize`;
    expect(await call(url, { gateway_code: 'x' })).toMatchObject({ status: 401 });
    expect(await call(url, { gateway_code: 'x' }, 'wrong')).toMatchObject({ status: 401 });
    cloud.faults.next('POST /api/harmony/authorize', { status: 409, json: { message: 'Taken.' } });
    expect(await call(url, { gateway_code: 'x' }, token)).toEqual({ status: 409, message: 'Taken.' });
  });

  it('uploads its configuration with the machine token', async () => {
    const { cloud, harmony, token } = await both();
    expect(await call(`${harmony.origin}/admin/update`, {})).toMatchObject({ status: 401 });
    await call(`${harmony.origin}/admin/authorize`, { gateway_code: 'x' }, token);
    const answer = await call(`${harmony.origin}/admin/update`, {});
    expect(cloud.uploads()).toEqual(['[proxy]\nid = "sandbox"\n\n[runbeam]\nenabled = true\n']);
    expect(answer).toMatchObject({ status: 200, success: true, config_size: cloud.uploads()[0]?.length });
  });

  it('of 0.4 has neither /token, /update nor a reload', async () => {
    const harmony = await gateway({ version: '0.4' });
    expect(await call(`${harmony.origin}/admin/info`)).toMatchObject({ version: '0.4.0' });
    for (const path of ['/admin/token', '/admin/update', '/api/reload']) {
      expect(await call(`${harmony.origin}${path}`, TOKEN)).toMatchObject({ status: 404 });
    }
  });

  it('of 0.12 takes a token while it is off, and shows that at the upload', async () => {
    const { harmony } = await both({ version: '0.12', enabled: false });
    expect(await call(`${harmony.origin}/admin/info`)).toMatchObject({
      version: '0.12.0',
      uptime: expect.closeTo(Date.now() / 1000, -2),
    });
    expect(await call(`${harmony.origin}/admin/token`)).toEqual({ status: 405 });
    expect(await call(`${harmony.origin}/admin/token`, {})).toMatchObject({ status: 400 });
    expect(await call(`${harmony.origin}/admin/token`, TOKEN)).toMatchObject({ status: 200 });
    expect(await call(`${harmony.origin}/admin/update`, {})).toMatchObject({ status: 403 });
    expect(await call(`${harmony.origin}/admin/authorize`, { gateway_id: 'x' }, 'token')).toMatchObject({ status: 403 });
    await harmony.setEnabled(true);
    expect(await call(`${harmony.origin}/admin/config/status`)).toEqual({ status: 200, runbeam: { enabled: true } });
    expect(await call(`${harmony.origin}/admin/authorize`, { gateway_code: 'x' }, 'token')).toMatchObject({ status: 400 });
    const { pipelines } = await call(`${harmony.origin}/admin/pipelines`);
    expect(pipelines).toMatchObject([{ middleware_left: ['jwt-auth'], middleware_right: [] }, {}]);
  });

  it('of 0.12 keeps a key that it was sent in memory alone, and its own on disk', async () => {
    const identity = await newIdentity();
    const [sent, own] = await Promise.all([gateway({ version: '0.12' }), gateway({ version: '0.12' })]);
    await call(`${sent.origin}/admin/token`, { ...TOKEN, encryption_key: base64(identity) });
    await call(`${own.origin}/admin/token`, TOKEN);
    expect(await sent.storedToken()).toMatchObject(TOKEN);
    for (const each of [sent, own]) each.restart();
    await expect(sent.storedToken()).rejects.toThrow();
    expect(await sent.storedToken(identity)).toMatchObject(TOKEN);
    expect(await own.storedToken()).toMatchObject(TOKEN);
  });
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
