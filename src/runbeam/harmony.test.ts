import { randomBytes } from 'node:crypto';
import { delay } from 'msw';
import { describe, expect, it } from 'vitest';
import type { Http } from '../http.ts';
import { Secret } from '../secret.ts';
import { createHarmony, type Harmony } from './harmony.ts';
import { createHttp } from '../net/http-client.ts';
import { mockNetwork, type Answer, type Answers, type MockedServer } from '../net/msw.testing.ts';
import { failure } from '../errors.testing.ts';

const network = mockNetwork();
const http = createHttp({ env: {} });
const HOST = '127.0.0.1:8081';
let server: MockedServer;

function harmonyWith(answers: Answers, pathPrefix = 'admin', ip = '127.0.0.1'): Harmony {
  server = network.serve(`http://${ip.includes(':') ? `[${ip}]` : ip}:8081`, answers);
  return createHarmony({ ip, port: 8081, label: 'my label', pathPrefix }, http);
}

const newSecret = (): Secret => new Secret(randomBytes(24).toString('hex'));
const CLOUD = 'https://cloud.example.com';
const TOKEN = { expiresAt: '2026-12-21T00:00:00Z', gatewayId: 'gw1', gatewayCode: '1a2b3c4d', abilities: ['harmony:read'] };

describe('a gateway', () => {
  it('answers info, with and without slashes around the prefix, over IPv6 too', async () => {
    const info = { version: '1.2.3', uptime: 7, os: 'linux', arch: 'x86_64' };
    const answers: Answers = { 'GET /a/b/info': [200, { ...info, extra: true }] };
    expect(await harmonyWith(answers, '/a/b/', '::1').info()).toEqual(info);
    expect(await harmonyWith({ 'GET /info': [200, info] }, '').info()).toEqual(info);
  });

  it('answers pipelines and routes; what is absent is empty', async () => {
    const harmony = harmonyWith({
      'GET /admin/pipelines': [200, { pipelines: [{ id: 'p', description: null, networks: ['n'] }] }],
      'GET /admin/routes': [200, { routes: [{ path: '/x', methods: ['GET'], service_type: 'http' }] }],
    });
    expect(await harmony.pipelines()).toEqual([
      { id: 'p', description: '', networks: ['n'], endpoints: [], backends: [], middleware: [] },
    ]);
    expect(await harmony.routes()).toEqual([
      { path: '/x', methods: ['GET'], description: '', endpoint_name: '', service_type: 'http', pipeline: '' },
    ]);
  });

  it('reloads without the prefix and updates with it', async () => {
    const harmony = harmonyWith({
      'POST /api/reload': [200, { message: 'ok' }],
      'POST /admin/update': [200, { config_size: 42 }],
    });
    expect(await harmony.reload()).toEqual({ message: 'ok' });
    expect(await harmony.update()).toEqual({ config_size: 42 });
  });

  it('gets a machine token with the key it is to be stored under', async () => {
    const harmony = harmonyWith({ 'POST /admin/token': [201, ''] });
    const [machineToken, encryptionKey] = [newSecret(), newSecret()];
    await harmony.deliver({ token: { ...TOKEN, machineToken }, apiBaseUrl: CLOUD, encryptionKey });
    expect(server.asked).toEqual([
      {
        call: 'POST /admin/token',
        json: {
          machine_token: machineToken.reveal(),
          expires_at: TOKEN.expiresAt,
          gateway_id: 'gw1',
          gateway_code: '1a2b3c4d',
          abilities: ['harmony:read'],
          encryption_key: encryptionKey.reveal(),
          api_base_url: CLOUD,
        },
      },
    ]);
  });

  it('is handed the user token for its own authorization', async () => {
    const gateway = { id: 'gw1', code: '1a2b3c4d', name: 'Gate' };
    const harmony = harmonyWith({
      'POST /admin/authorize': [201, { success: true, gateway, expires_at: TOKEN.expiresAt, expires_in: 10 }],
    });
    const user = newSecret();
    expect(await harmony.authorize({ userToken: user, gatewayCode: '1a2b3c4d' })).toEqual({
      gateway,
      expires_at: TOKEN.expiresAt,
      expires_in: 10,
    });
    expect(server.asked).toEqual([
      { call: 'POST /admin/authorize', bearer: user.reveal(), json: { gateway_code: '1a2b3c4d', gateway_id: '1a2b3c4d' } },
    ]);
  });
});

describe('what a gateway refuses', () => {
  it.each(['runbeam.enabled must be true', 'Runbeam integration is disabled'])('helps with a 403: %s', async (message) => {
    const harmony = harmonyWith({ 'POST /admin/token': [403, { error: 'Forbidden', message }] });
    const delivery = { token: { ...TOKEN, machineToken: newSecret() }, apiBaseUrl: CLOUD, encryptionKey: newSecret() };
    expect(await failure(() => harmony.deliver(delivery))).toEqual({
      code: 'forbidden',
      message: `The Runbeam integration of Harmony at ${HOST} is disabled`,
      hint: {
        text:
          "Set enabled = true under [runbeam] in Harmony's config.toml, then restart it or run " +
          "runbeam harmony:reload -l 'my label', and: runbeam harmony:authorize -l 'my label' --retry",
      },
    });
  });

  it.each([
    [401, 'token_rejected'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [409, 'failed'],
    [429, 'server_error'],
    [500, 'server_error'],
    [307, 'bad_answer'],
  ])('makes %d into %s, without repeating a secret', async (status, code) => {
    const user = newSecret();
    const harmony = harmonyWith({ 'POST /admin/authorize': [status, { message: `no ${user.reveal()}` }] });
    const error = await failure(() => harmony.authorize({ userToken: user, gatewayCode: 'x' }));
    expect(error.code).toBe(code);
    expect(JSON.stringify(error)).not.toContain(user.reveal());
    expect(server.asked.length).toBe(1);
  });

  it('does not blame the session for a 401 where none was sent', async () => {
    const harmony = harmonyWith({ 'POST /admin/update': [401, { message: 'Not authorized yet' }] });
    expect(await failure(() => harmony.update())).toEqual({
      code: 'forbidden',
      message: `Harmony at ${HOST} refused /admin/update (401): it has no machine token that Runbeam Cloud takes`,
      hint: { command: "runbeam harmony:authorize -l 'my label'" },
    });
  });

  it.each(['<!DOCTYPE html><h1>Sign in</h1>', '\n <html></html>'])('takes no page for a delivery: %j', async (page) => {
    const harmony = harmonyWith({ 'POST /admin/token': [200, page] });
    const delivery = { token: { ...TOKEN, machineToken: newSecret() }, apiBaseUrl: CLOUD, encryptionKey: newSecret() };
    expect(await failure(() => harmony.deliver(delivery))).toEqual({
      code: 'bad_answer',
      message: `${HOST} answered the machine token with a web page: that is not Harmony's management API`,
      hint: { command: 'runbeam harmony:list' },
    });
  });

  it.each([
    [
      '/admin/token',
      (harmony: Harmony) => harmony.deliver({ token: { ...TOKEN, machineToken: newSecret() }, apiBaseUrl: CLOUD }),
    ],
    ['/admin/update', (harmony: Harmony) => harmony.update()],
    ['/admin/authorize', (harmony: Harmony) => harmony.authorize({ userToken: newSecret(), gatewayCode: 'a' })],
  ] as const)('takes no success for one that says that it is none: %s', async (path, make) => {
    const harmony = harmonyWith({ [`POST ${path}`]: [200, { success: false, message: 'I did not', config_size: 1 }] });
    expect(await failure(() => make(harmony))).toEqual({
      code: 'failed',
      message: `Harmony at ${HOST} says that it did not do ${path}`,
      hint: { text: 'The log of the gateway has the reason' },
    });
  });

  it.each<[Answer]>([[[204, '']], [[200, {}]], [[200, { success: true }]], [[200, { version: 12 }]]])(
    'takes what answers everything with %j for no Harmony, and asks nothing more',
    async (answer) => {
      const harmony = harmonyWith({ 'GET /admin/info': answer, 'GET /admin/token': answer, 'POST /admin/token': answer });
      expect(await failure(() => harmony.api())).toMatchObject({
        code: 'bad_answer',
        message: `${HOST} is not Harmony's management API: it does not say its version`,
      });
      expect(server.asked.map(({ call }) => call)).toEqual(['GET /admin/info']);
    },
  );

  it('says how to correct a wrong prefix in words, not as if they were a command', async () => {
    const harmony = harmonyWith({ 'GET /admin/info': [404, ''] });
    expect((await failure(() => harmony.info())).hint).toEqual({
      text: "To see the prefix: runbeam harmony:list. To change it: runbeam harmony:edit -l 'my label' -x PREFIX",
    });
  });

  it("never repeats the gateway's own words", async () => {
    const harmony = harmonyWith({ 'POST /admin/update': [422, { message: 'bad \u001b[31mconfig\u202e' }] });
    expect(await failure(() => harmony.update())).toEqual({
      code: 'failed',
      message: `Harmony at ${HOST} refused /admin/update (422)`,
      hint: { text: 'The log of the gateway has the reason' },
    });
  });

  it.each([
    ['<html></html>', 'The info answer of HOST is not JSON'],
    [{ version: '1' }, 'The info answer of HOST has no usable field uptime'],
  ])('names host and field of a bad answer', async (body, message) => {
    const harmony = harmonyWith({ 'GET /admin/info': [200, body] });
    expect(await failure(() => harmony.info())).toEqual({
      code: 'bad_answer',
      message: message.replace('HOST', HOST),
    });
  });

  it('says where to look when nothing listens', async () => {
    const harmony = harmonyWith({ 'GET /admin/info': 'reset' });
    const error = await failure(() => harmony.info());
    expect([error.code, error.hint]).toEqual(['network', { text: 'Is Harmony running there? Addresses: runbeam harmony:list' }]);
  });

  it('gives a gateway ten seconds', async () => {
    const seen: unknown[] = [];
    const watching: Http = (request) => {
      seen.push(request.deadline);
      return http({ ...request, deadline: 50 });
    };
    const silence = async (): Promise<Answer> => {
      await delay('infinite');
      return 'reset';
    };
    network.serve(`http://${HOST}`, { 'GET /admin/info': silence });
    const harmony = createHarmony({ ip: '127.0.0.1', port: 8081, label: 'x', pathPrefix: 'admin' }, watching);
    expect((await failure(() => harmony.info())).code).toBe('timeout');
    expect(seen).toEqual([10_000]);
  });
});
