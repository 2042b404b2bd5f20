import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../clock.ts';
import { BeamError, type Hint } from '../../errors.ts';
import { failure } from '../../errors.testing.ts';
import { createHttp } from '../../net/http-client.ts';
import { mockNetwork, type Answer, type Answers, type MockedServer } from '../../net/msw.testing.ts';
import { Secret } from '../../secret.ts';
import { CloudClient } from './client.ts';

const network = mockNetwork();
const http = createHttp({ env: {} });
const HOST = 'api.runbeam.example';
const BASE = 'GET /api/harmony/base-url';
let server: MockedServer;
/** How long the client paused, milliseconds. */
let pauses: number[] = [];

const token = new Secret(`7|${randomBytes(20).toString('hex')}`);

const clock: Pick<Clock, 'sleep'> = {
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    pauses.push(ms);
  },
};

function cloud(answers: Answers): CloudClient {
  pauses = [];
  server = network.serve(`https://${HOST}`, { [BASE]: [200, { base_url: `https://${HOST}` }], ...answers });
  return new CloudClient({ http, apiUrl: server.origin, token: () => token, clock, random: () => 0.5 });
}

/** What was asked of the server, but for where its API is. */
function asked(): unknown[] {
  return server.asked.filter(({ call }) => call !== BASE);
}

const bearer = token.reveal();

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
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
    const { machineToken, ...rest } = await access.authorizeGateway('1a2b3c4d');
    expect(machineToken.reveal()).toBe(ANSWER.machine_token);
    expect(rest).toEqual({
      expiresIn: 2_592_000,
      expiresAt: '2026-12-21T22:00:00Z',
      gateway: { id: '12', code: '1a2b3c4d', name: 'Gate' },
      authorizedBy: { name: 'Alice', email: 'alice@example.com' },
      abilities: ['harmony:send', 'harmony:receive'],
    });
    expect(asked()).toEqual([
      {
        call: 'POST /harmony/authorize',
        bearer: token.reveal(),
        json: { token: token.reveal(), gateway_code: '1a2b3c4d' },
      },
    ]);
  });

  it('finds the service under /api', async () => {
    const access = cloud({ 'POST /harmony/authorize': [404, {}], 'POST /api/harmony/authorize': [200, ANSWER] });
    expect((await access.authorizeGateway('x')).gateway.name).toBe('Gate');
  });

  it.each<[Answer, string, string, Hint | undefined]>([
    [[401, {}], 'token_rejected', 'HOST rejected the session', { command: 'runbeam login' }],
    [
      [403, { message: 'Not your team' }],
      'forbidden',
      'HOST refused the request (403)',
      { text: 'Ask an admin of your team to allow it' },
    ],
    [[404, {}], 'not_found', 'HOST has no such API or gateway', { command: 'runbeam config:get api-url' }],
    [[422, { error: 'Bad code' }], 'failed', 'HOST refused the request (422)', { text: 'Check what was given to the command' }],
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
    expect(await failure(() => access.authorizeGateway('x'))).toEqual({
      code,
      message: message.replace('HOST', HOST),
      ...(hint === undefined ? {} : { hint }),
    });
  });

  it('never repeats the token that a server echoes', async () => {
    const access = cloud({ 'POST /harmony/authorize': [403, { message: `no: ${token.reveal()}` }] });
    expect(JSON.stringify(await failure(() => access.authorizeGateway('x')))).not.toContain(token.reveal());
  });
});

describe('checkToken', () => {
  it.each<[Answer, string]>([
    [[200, { data: [] }], 'valid'],
    [[403, {}], 'valid'],
    [[401, {}], 'rejected'],
    [[500, {}], 'unverified'],
    [[302, {}], 'unverified'],
    [[200, '<html>captive portal</html>'], 'unverified'],
    ['reset', 'unverified'],
  ])('%j is %s', async (answer, status) => {
    expect(await cloud({ 'GET /gateways': answer }).checkToken()).toBe(status);
  });
});

describe('lists', () => {
  it('reads page after page, with the token on each, and lets unknown members pass', async () => {
    const client = cloud({
      'GET /gateways': [
        200,
        { data: [{ id: 1, code: 'a', enabled: 1, colour: 'red' }], links: { next: 'https://elsewhere.example/x?page=2' } },
      ],
      'GET /gateways?page=2': [200, { data: [{ id: '2', code: 'b', enabled: null }], links: { next: null } }],
    });
    expect(await all(client.gateways.list())).toEqual([
      { id: '1', code: 'a', enabled: true, colour: 'red' },
      { id: '2', code: 'b', enabled: null },
    ]);
    expect(asked()).toEqual([
      { call: 'GET /gateways', bearer },
      { call: 'GET /gateways?page=2', bearer },
    ]);
  });

  it('asks for no page that nobody wants', async () => {
    const client = cloud({ 'GET /pipelines': [200, { data: [{ id: 1 }, { id: 2 }], links: { next: '/pipelines?page=2' } }] });
    for await (const { id } of client.pipelines.list()) {
      expect(id).toBe('1');
      break;
    }
    expect(asked()).toEqual([{ call: 'GET /pipelines', bearer }]);
  });

  it('ends where the pages lead in a circle', async () => {
    const client = cloud({ 'GET /services': [200, { data: [{ id: 1 }], links: { next: '/services' } }] });
    expect(await failure(() => all(client.services.list()))).toEqual({
      code: 'bad_answer',
      message: 'The pages of Runbeam Cloud lead in a circle',
    });
  });

  it.each<[unknown, string]>([
    [{ data: [{ code: 'a' }] }, 'data.0.id'],
    [{ data: [{ id: 1, dns: 'one' }] }, 'data.0.dns'],
    [{ data: {} }, 'data'],
  ])('refuses %j by the name of its field', async (answer, field) => {
    const client = cloud({ 'GET /gateways': [200, answer] });
    expect(await failure(() => all(client.gateways.list()))).toEqual({
      code: 'bad_answer',
      message: `The list of ${HOST} has no usable field ${field}`,
    });
  });
});

describe('calls', () => {
  type Call = (client: CloudClient) => unknown;
  const detail = { id: 'chg_1', type: 'gateway', gateway_id: 'gw_1', created_at: '2026-01-01T00:00:00Z', toml_config: 'a = 1' };
  const meshToken = randomBytes(20).toString('hex');
  const uploaded = { id: 'cfg_1', type: 'pipeline', action: 'created' };
  const resolution = {
    data: { id: 'in_1', type: 'ingress', name: 'x', urls: [] },
    meta: { provider: 'runbeam', resolved_at: 'now' },
  };

  it.each<[string, unknown, unknown, Call, unknown]>([
    ['GET /gateways/gw%2F1', undefined, { data: { id: 'gw/1' } }, (c) => c.gateways.get('gw/1'), { id: 'gw/1' }],
    ['GET /endpoints/e', undefined, { data: { id: 'e', path: '/x' } }, (c) => c.endpoints.get('e'), { id: 'e', path: '/x' }],
    ['GET /backends/b', undefined, { data: { id: 'b' } }, (c) => c.backends.get('b'), { id: 'b' }],
    ['GET /transforms/t', undefined, { data: { id: 't' } }, (c) => c.transforms.get('t'), { id: 't' }],
    ['GET /harmony/changes', undefined, { data: [detail] }, (c) => all(c.changes.list()), [detail]],
    ['GET /harmony/changes/gw_1', undefined, { data: [] }, (c) => all(c.changes.list({ gatewayId: 'gw_1' })), []],
    ['GET /harmony/change/chg_1', undefined, { data: detail }, (c) => c.changes.get('chg_1'), detail],
    [
      'POST /harmony/changes/acknowledge',
      { change_ids: ['a', 'b'] },
      { acknowledged: ['a'], failed: ['b'] },
      (c) => c.changes.acknowledge(['a', 'b']),
      { acknowledged: ['a'], failed: ['b'] },
    ],
    ['POST /harmony/change/a/applied', undefined, { success: true, message: '' }, (c) => c.changes.applied('a'), undefined],
    [
      'POST /harmony/change/a/failed',
      { error: 'no', details: ['x'] },
      { success: true },
      (c) => c.changes.failed('a', { error: 'no', details: ['x'] }),
      undefined,
    ],
    [
      'POST /harmony/update',
      { type: 'pipeline', config: 'a = 1' },
      { success: true, message: 'ok', data: uploaded },
      (c) => c.uploadConfiguration({ type: 'pipeline', config: 'a = 1' }),
      uploaded,
    ],
    [
      'POST /harmony/mesh/token',
      { mesh_id: 'm', destination_url: 'https://b.example' },
      { token: meshToken, expires_at: '2026-01-01T00:00:00Z', mesh_id: 'm' },
      (c) => c.meshToken({ meshId: 'm', destinationUrl: 'https://b.example' }),
      { token: new Secret(meshToken), expiresAt: '2026-01-01T00:00:00Z', meshId: 'm' },
    ],
    ['GET /harmony/resources/resolve?ref=a.b%26c', undefined, resolution, (c) => c.resolveResource('a.b&c'), resolution],
  ])('%s', async (call, json, answer, make, result) => {
    const client = cloud({ [call]: [200, answer] });
    expect(await make(client)).toEqual(result);
    expect(asked()).toEqual([{ call, bearer, ...(json === undefined ? {} : { json }) }]);
  });

  it.each(['', '.', '..'])('send nothing for the id %j', async (id) => {
    const client = cloud({});
    expect((await failure(() => client.gateways.get(id))).code).toBe('usage');
    expect(server.asked).toEqual([]);
  });

  it.each<[string, Call]>([
    ['POST /harmony/change/a/applied', (c) => c.changes.applied('a')],
    ['POST /harmony/update', (c) => c.uploadConfiguration({ type: 'gateway', config: '' })],
  ])('%s that was not done is no success', async (call, make) => {
    const client = cloud({ [call]: [200, { success: false, message: 'x', data: uploaded }] });
    expect((await failure(() => make(client))).code).toBe('bad_answer');
  });

  it('asks once where the API is', async () => {
    const client = cloud({ 'GET /gateways/1': [200, { data: { id: 1 } }] });
    await client.gateways.get('1');
    await client.gateways.get('1');
    expect(await client.baseUrl()).toBe(`https://${HOST}`);
    expect(server.asked.map(({ call }) => call)).toEqual([BASE, 'GET /gateways/1', 'GET /gateways/1']);
  });
});

describe('trouble', () => {
  /** Answers of one call, the last one again and again. */
  const series = (...answers: readonly Answer[]): (() => Answer) => {
    let next = 0;
    return () => answers[Math.min(next++, answers.length - 1)] ?? 'reset';
  };
  const GOOD: Answer = [200, { data: { id: 1 } }];

  it('is waited out where a call only reads', async () => {
    const client = cloud({ 'GET /gateways/1': series([500, {}], 'reset', GOOD) });
    expect(await client.gateways.get('1')).toEqual({ id: '1' });
    expect(pauses).toEqual([250, 500]);
  });

  it('is told after the third try', async () => {
    const client = cloud({ 'GET /gateways/1': series([500, {}]) });
    const problem = await client.gateways.get('1').catch((error: unknown) => error);
    expect(problem).toMatchObject({ code: 'server_error', status: 500, retryAfter: undefined });
    expect(asked()).toHaveLength(3);
  });

  it('is waited out for as long as the server says, and told where that is too long', async () => {
    const patient = cloud({ 'GET /gateways/1': series([429, {}, { 'retry-after': '3' }], GOOD) });
    expect(await patient.gateways.get('1')).toEqual({ id: '1' });
    expect(pauses).toEqual([3_250]);
    const client = cloud({ 'GET /gateways/1': series([429, {}, { 'retry-after': '120' }]) });
    const problem = await client.gateways.get('1').catch((error: unknown) => error);
    expect(problem).toMatchObject({ code: 'server_error', status: 429, retryAfter: 120 });
    expect(pauses).toEqual([]);
  });

  it.each<Answer>([[500, {}], 'reset', [429, {}]])('is told at once where a call changes something: %j', async (answer) => {
    const client = cloud({ 'POST /harmony/changes/acknowledge': answer });
    await expect(client.changes.acknowledge(['a'])).rejects.toBeInstanceOf(BeamError);
    expect(asked()).toHaveLength(1);
  });

  it('is not waited out by whoever was interrupted', async () => {
    const stop = new AbortController();
    const answer = (): Answer => {
      queueMicrotask(() => stop.abort());
      return [500, {}];
    };
    const client = cloud({ 'GET /gateways/1': answer });
    expect((await failure(() => client.gateways.get('1', { signal: stop.signal }))).code).toBe('interrupted');
    expect(asked()).toHaveLength(1);
  });
});
