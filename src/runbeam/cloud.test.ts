import type { Hint } from '../errors.ts';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../secret.ts';
import { authorizeGateway, checkUserToken, type CloudAccess } from './cloud.ts';
import { createHttp } from '../net/http-client.ts';
import { mockNetwork, type Answer, type Answers, type MockedServer } from '../net/msw.testing.ts';
import { failure } from '../errors.testing.ts';

const network = mockNetwork();
const http = createHttp({ env: {} });
const HOST = 'api.runbeam.example';
let server: MockedServer;

const token = new Secret(`7|${randomBytes(20).toString('hex')}`);

function cloud(answers: Answers): CloudAccess {
  server = network.serve(`https://${HOST}`, answers);
  return { http, baseUrl: server.origin, token };
}

const ANSWER = {
  machine_token: randomBytes(16).toString('hex'),
  expires_in: 2_592_000,
  expires_at: '2026-12-21T22:00:00Z',
  gateway: { id: 12, code: '1a2b3c4d', name: 'Gate', authorized_by: { id: 'u', name: 'Alice', email: 'alice@example.com' } },
  abilities: ['harmony:send', 'harmony:receive'],
};

describe('authorizeGateway', () => {
  it('sends the token as it is and reads the answer', async () => {
    const access = cloud({ 'POST /harmony/authorize': [201, ANSWER] });
    const { machineToken, ...rest } = await authorizeGateway(access, '1a2b3c4d');
    expect(machineToken.reveal()).toBe(ANSWER.machine_token);
    expect(rest).toEqual({
      expiresIn: 2_592_000,
      expiresAt: '2026-12-21T22:00:00Z',
      gateway: { id: '12', code: '1a2b3c4d', name: 'Gate' },
      authorizedBy: { name: 'Alice', email: 'alice@example.com' },
      abilities: ['harmony:send', 'harmony:receive'],
    });
    expect(server.asked).toEqual([
      {
        call: 'POST /harmony/authorize',
        bearer: token.reveal(),
        json: { token: token.reveal(), gateway_code: '1a2b3c4d' },
      },
    ]);
  });

  it('finds the service under /api', async () => {
    const access = cloud({ 'POST /harmony/authorize': [404, {}], 'POST /api/harmony/authorize': [200, ANSWER] });
    expect((await authorizeGateway(access, 'x')).gateway.name).toBe('Gate');
  });

  it.each<[Answer, string, string, Hint | undefined]>([
    [[401, {}], 'token_rejected', 'HOST rejected the session', { command: 'runbeam login' }],
    [[403, { message: 'Not your team' }], 'forbidden', 'HOST refused the request (403)', undefined],
    [[404, {}], 'not_found', 'HOST has no such API or gateway', { command: 'runbeam config:get api-url' }],
    [[422, { error: 'Bad code' }], 'failed', 'HOST refused the request (422)', undefined],
    [[429, '<html>'], 'server_error', 'HOST answered 429', { text: 'Try again in a moment' }],
    [[503, {}], 'server_error', 'HOST answered 503', { text: 'Try again in a moment' }],
    [[308, {}], 'bad_answer', 'HOST answered 308 where JSON was expected', { command: 'runbeam config:get api-url' }],
    [[200, '<html>'], 'bad_answer', 'The authorization answer of HOST is not JSON', undefined],
    [
      [200, { ...ANSWER, expires_at: 'soon' }],
      'bad_answer',
      'The authorization answer of HOST has no usable field expires_at',
      undefined,
    ],
    [
      [200, { ...ANSWER, gateway: { code: 'x' } }],
      'bad_answer',
      'The authorization answer of HOST has no usable field gateway.id',
      undefined,
    ],
  ])('%j is %s', async (answer, code, message, hint) => {
    const access = cloud({ 'POST /harmony/authorize': answer, 'POST /api/harmony/authorize': [404, {}] });
    expect(await failure(() => authorizeGateway(access, 'x'))).toEqual({
      code,
      message: message.replace('HOST', HOST),
      ...(hint === undefined ? {} : { hint }),
    });
  });

  it('never repeats the token that a server echoes', async () => {
    const access = cloud({ 'POST /harmony/authorize': [403, { message: `no: ${token.reveal()}` }] });
    expect(JSON.stringify(await failure(() => authorizeGateway(access, 'x')))).not.toContain(token.reveal());
  });
});

describe('checkUserToken', () => {
  it.each<[Answer, string]>([
    [[200, { data: [] }], 'valid'],
    [[403, {}], 'valid'],
    [[401, {}], 'rejected'],
    [[500, {}], 'unverified'],
    [[302, {}], 'unverified'],
    [[200, '<html>captive portal</html>'], 'unverified'],
  ])('%j is %s', async (answer, status) => {
    expect(await checkUserToken(cloud({ 'GET /gateways': answer }))).toBe(status);
  });

  it('is unverified offline', async () => {
    expect(await checkUserToken(cloud({ 'GET /gateways': 'reset' }))).toBe('unverified');
  });
});
