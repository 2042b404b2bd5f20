/** HTTP beside JSON-RPC on one socket: what is answered, what is refused, and what ends a connection. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request as ask } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BeamError } from '../../errors.ts';
import { VERSION } from '../../programs.ts';
import { NOWHERE, memoryWork, ownClock, type MemoryWork, type OwnedClock } from '../agent.testing.ts';
import { answerWith } from '../protocol/calls.ts';
import { HEAD_DEADLINE, HTTP_IDLE, MAX_HEAD } from '../protocol/http-guards.ts';
import { JOBS } from '../protocol/wire.ts';
import { Activity } from './activity.ts';
import { answerCalls, createAgent } from './session-agent.ts';
import { Traffic } from './traffic.ts';

let folder: string;
let server: Server;
let path: string;
let work: MemoryWork;
let clock: OwnedClock;
let traffic: Traffic;
let activity: Activity;
const refused: unknown[] = [];
const open: Socket[] = [];
let kept: Agent;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'http-'));
  path = join(folder, 'sock');
  clock = ownClock();
  const file = join(folder, 'account.yaml');
  work = memoryWork(file, clock);
  activity = new Activity();
  refused.length = 0;
  kept = new Agent({ keepAlive: true });
  const agent = createAgent({ ...NOWHERE, account: 'edge', file, clock, work, random: () => 0, network: () => '' });
  const log = { write: (event: string, detail: unknown) => void refused.push([event, detail]), catchUp: () => undefined };
  traffic = new Traffic(answerCalls(agent, answerWith(JOBS, work)), clock, log, activity);
  server = createServer((socket) => traffic.serve(socket)).listen(path);
  await once(server, 'listening');
});

afterEach(async () => {
  vi.useRealTimers();
  kept.destroy();
  for (const socket of open.splice(0)) socket.destroy();
  server.close();
  await once(server, 'close');
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** Asks by the HTTP client of Node. */
function get(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = ask({ agent: kept, socketPath: path, path: url, method, headers: { host: 'agent', ...headers } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const { date, ...rest } = response.headers;
        expect(date).toBeDefined();
        resolve({ status: response.statusCode, headers: rest, body: text === '' ? undefined : JSON.parse(text) });
      });
    });
    sent.on('error', reject).end();
  });
}

/** Sends bytes as they are; all that comes back until the connection ends. */
async function raw(...parts: readonly string[]): Promise<string> {
  const socket = connect(path);
  open.push(socket);
  let said = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    const next = rest.shift();
    if (next !== undefined) socket.write(next);
  });
  const [first = '', ...rest] = parts;
  socket.write(first);
  await once(socket, 'close');
  return said;
}

const refusals = (): unknown[] => refused.map((one) => (one as [string, { reason: string }])[1].reason);
const GET = 'GET /v1/status HTTP/1.1\r\nHost: agent\r\n';

describe('a request over HTTP', () => {
  it('gets a token, and nobody may keep it', async () => {
    const { accessToken } = work.stored ?? {};
    const answer = await get('/v1/token?scope=ACME', { 'user-agent': 'curl/8\t' });
    expect(answer).toEqual({
      status: 200,
      headers: {
        'content-type': 'application/json',
        'content-length': expect.any(String) as string,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'connection': 'keep-alive',
        'keep-alive': 'timeout=15',
      },
      body: {
        access_token: accessToken?.reveal(),
        expires_at: '2026-01-01T01:00:00Z',
        server: 'edge.example.com',
        scope: 'acme',
      },
    });
    expect(activity.remembered).toMatchObject({
      calls: [{ method: 'token', count: 1 }],
      clients: [{ says: 'curl/8', calls: 1 }],
    });
  });

  it('gets a token that is refreshed where it takes that', async () => {
    clock.advance(3600);
    expect((await get('/v1/token')).body).toMatchObject({ expires_at: '2026-01-01T02:00:00Z', scope: 'alice' });
    expect(work.calls.refreshes).toBe(1);
  });

  it('gets one that lasts as long as is asked for, or is told why not', async () => {
    clock.advance(1800);
    expect((await get('/v1/token?min_ttl=1801&scope=acme')).body).toMatchObject({
      expires_at: '2026-01-01T01:30:00Z',
      scope: 'acme',
    });
    expect((await get('/v1/token?min_ttl=7200')).body).toMatchObject({
      expires_at: '2026-01-01T01:30:00Z',
      unmet: { why: 'short_lived' },
    });
    expect(work.calls.refreshes).toBe(1);
  });

  it('gets the state of the agent, and the orgs without asking a server', async () => {
    expect((await get('/v1/status', { host: 'localhost' })).body).toEqual({
      protocol: 3,
      version: VERSION,
      pid: process.pid,
      account: 'edge',
      started_at: '2026-01-01T00:00:00Z',
      refreshes: 0,
      served: 0,
    });
    expect((await get('/v1/scopes')).body).toEqual({
      server: 'edge.example.com',
      scopes: [{ slug: 'alice', role: 'owner' }, { slug: 'acme' }],
      default_scope: 'alice',
    });
    expect(work.calls).toEqual({ loads: 1, refreshes: 0, checks: 0 });
  });

  it.each<[BeamError, number, Record<string, string>]>([
    [
      new BeamError('session_ended', 'It ended', { hint: { command: 'beamd login' } }),
      401,
      { 'www-authenticate': 'beamd-login' },
    ],
    [new BeamError('locked', 'It is locked', { hint: { command: 'beamd agent unlock' } }), 423, {}],
    [new BeamError('network', 'It cannot be reached', { retryAfter: 7 }), 503, { 'retry-after': '7' }],
    [new BeamError('busy', 'It is busy'), 503, {}],
    [new BeamError('storage_full', 'The disk is full'), 500, {}],
  ])('is told what is wrong: %s', async (error, status, headers) => {
    clock.advance(3600);
    work.failures = [error];
    const answer = await get('/v1/token');
    expect(answer).toMatchObject({ status, headers, body: { error: error.toJSON() } });
  });

  it('is told nothing of an error that is not ours', async () => {
    clock.advance(3600);
    work.failures = [new Error('secret')];
    const error = { code: 'failed', message: 'The agent failed at this', hint: 'beamd agent log' };
    expect(await get('/v1/token')).toMatchObject({ status: 500, body: { error } });
  });

  it.each([
    ['/v1/token?scope=nope', 403, 'unknown_scope'],
    ['/v1/token?scope=acme&scope=alice', 400, 'usage'],
    ['/v1/token?refused=x', 400, 'usage'],
    ['/v1/token?min_ttl=10m', 400, 'usage'],
    ['/v1/token?min_ttl=-1', 400, 'usage'],
    ['/v1/token?__proto__=x', 400, 'usage'],
    ['/v1/status?x=1', 400, 'usage'],
    ['/v1/machine_token', 404, 'not_found'],
    ['/v1/refresh_scopes', 404, 'not_found'],
    ['/v1/x/../token', 404, 'not_found'],
    ['/V1/TOKEN', 404, 'not_found'],
    ['//v1/token', 404, 'not_found'],
    ['/', 404, 'not_found'],
  ])('%s is %i %s, and the connection stays', async (url, status, code) => {
    const answer = await get(url);
    expect(answer).toMatchObject({ status, headers: { connection: 'keep-alive' }, body: { error: { code } } });
  });

  it.each([
    ['/v1/token?min_ttl=10m', 'min_ttl is a number of seconds', 'As in ?min_ttl=600'],
    ['/v1/token?ttl=600', 'The query is not one that this path takes', 'It may have scope, min_ttl, each once'],
    ['/v1/status?x', 'The query is not one that this path takes', 'Leave it out'],
    ['/v2/token', 'There is no such path', 'There are /v1/token, /v1/status, /v1/scopes'],
  ])('%s is told what is wrong', async (url, message, hint) => {
    expect((await get(url)).body).toEqual({ error: { code: expect.any(String) as unknown, message, hint } });
  });

  it.each<[string, Record<string, string>, number]>([
    ['a page', { origin: 'null' }, 403],
    ['a page of a name that leads here', { host: 'evil.example' }, 403],
    ['a page by what its browser adds', { 'sec-fetch-mode': 'no-cors' }, 403],
    ['a port', { host: 'localhost:80' }, 403],
    ['another spelling', { host: 'Agent' }, 403],
    ['a body', { 'content-length': '1' }, 400],
    ['a body in pieces', { 'transfer-encoding': 'chunked' }, 400],
  ])('with %s is refused, and the connection ends', async (_, headers, status) => {
    const answer = await get('/v1/token', headers);
    expect([answer.status, answer.headers['connection']]).toEqual([status, 'close']);
    expect(JSON.stringify(answer.body)).not.toContain(work.stored?.accessToken?.reveal());
    expect(refusals()).toEqual(['HTTP refused']);
    expect(activity.remembered.calls).toEqual([]);
  });

  it.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s is 405', async (method) => {
    const answer = await get('/v1/token', {}, method);
    expect([answer.status, answer.headers['allow'], answer.headers['connection']]).toEqual([405, 'GET', 'close']);
  });
});

describe('a connection of HTTP', () => {
  const expected = (status: string) => expect.stringMatching(`^HTTP/1.1 ${status} `) as string;

  it.each([
    ['two hosts', `${GET}Host: agent\r\n\r\n`, '403'],
    ['no host', 'GET /v1/status HTTP/1.1\r\n\r\n', '403'],
    ['a whole address', 'GET http://agent/v1/status HTTP/1.1\r\nHost: agent\r\n\r\n', '400'],
    ['HTTP/0.9', 'GET /v1/status\r\n\r\n', '403'],
    ['CONNECT', 'CONNECT agent:80 HTTP/1.1\r\nHost: agent\r\n\r\n', '405'],
    ['a head that is too long', `${GET}A: ${'x'.repeat(MAX_HEAD)}\r\n\r\n`, '431'],
    ['an Origin after two thousand others', `${GET}${'a:\r\n'.repeat(2_001)}Origin:\r\n\r\n`, '(?:403|431)'],
    ['a body that is chunked and counted', `${GET}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, '400'],
    ['a request with a body waiting for a word', `${GET}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`, '400'],
    ['an expectation', `${GET}Expect: more\r\nOrigin: x\r\n\r\n`, '403'],
    ['lines that end otherwise', 'GET /v1/status HTTP/1.1\nHost: agent\n\n', '400'],
    ['a folded line', `${GET}A: b\r\n c\r\n\r\n`, '400'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400'],
    ['another protocol', 'SSH-2.0-x\r\n', '400'],
  ])('%s: one answer, then its end', async (_, bytes, status) => {
    const said = await raw(bytes);
    expect(said).toEqual(expected(status));
    expect(said.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(said).toMatch(/\r\nconnection: close\r\n/i);
  });

  it('does not change its protocol, either way', async () => {
    const rpc = '{"jsonrpc":"2.0","id":1,"method":"hello"}\n';
    const said = await raw(`${GET}\r\n`, rpc);
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(said).not.toContain('"jsonrpc"');
    expect(await raw(rpc, `${GET}\r\n`)).toMatch(/^\{"jsonrpc":"2.0","id":1,"result":.*\}\n$/);
    expect(refusals()).toEqual(['not HTTP', 'not a request']);
  });

  it('ignores an upgrade, and ends', async () => {
    const said = await raw(`${GET}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    expect(said).toEqual(expected('200'));
    expect(said).toMatch(/\r\nconnection: close\r\n/i);
  });

  it('answers nobody who does not wait for the answer', async () => {
    expect(await raw(`${GET}\r\n${GET}\r\n`)).toBe('');
    expect(refusals()).toEqual(['HTTP pipelined']);
  });

  it('may come in any pieces', async () => {
    const socket = connect(path);
    open.push(socket);
    for (const byte of `${GET}\r\n`) {
      socket.write(byte);
      await new Promise(setImmediate);
    }
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toEqual(expected('200'));
  });

  /** A connection over which a first request was answered, and its end on the agent's side. */
  async function answered(): Promise<{ client: Socket; server: Socket }> {
    const client = connect(path);
    open.push(client);
    const [accepted] = (await once(server, 'connection')) as [Socket];
    client.write(`${GET}\r\n`);
    await once(client, 'data');
    client.resume().on('error', () => undefined);
    return { client, server: accepted };
  }

  it.each([
    ['is not begun', '', HTTP_IDLE, []],
    ['drips in', 'GET /', HEAD_DEADLINE, ['frame too slow']],
  ])('ends when the next request %s in time', async (_, bytes, limit, reasons) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { client, server: accepted } = await answered();
    const before = accepted.bytesRead;
    client.write(bytes);
    await vi.waitUntil(() => accepted.bytesRead === before + bytes.length && vi.getTimerCount() > 0);
    const closed = once(client, 'close');
    vi.advanceTimersByTime(limit - 1);
    expect(accepted.destroyed).toBe(false);
    client.write(bytes === '' ? '' : 'v');
    vi.advanceTimersByTime(1);
    await closed;
    expect(refusals()).toEqual(reasons);
  });

  it('ends when the first head is not finished in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const client = connect(path);
    open.push(client);
    const [accepted] = (await once(server, 'connection')) as [Socket];
    client.write(GET);
    await vi.waitUntil(() => accepted.bytesRead === GET.length);
    const closed = once(client.resume(), 'close');
    vi.advanceTimersByTime(HEAD_DEADLINE);
    await closed;
    expect(refusals()).toEqual(['frame too slow']);
  });

  it('ends with the answer once the agent is to end', async () => {
    const { client } = await answered();
    const drained = traffic.drain(createServer());
    const reply = once(client, 'data');
    client.write(`${GET}\r\n`);
    const [answer] = (await reply) as [Buffer];
    expect(answer.toString()).toMatch(/\r\nconnection: close\r\n/i);
    await drained;
  });
});
