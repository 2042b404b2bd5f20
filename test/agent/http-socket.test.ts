/** HTTP on the socket of a real agent: the same tokens, the same care, whichever way it was built. */
import { once } from 'node:events';
import { execFile } from 'node:child_process';
import { connect as connectSocket, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BeamAuthEdge } from '../../sandbox/testing.ts';
import { agentState, socketOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import type { CliUser } from '../support/cli-user.ts';
import { json } from '../support/expect-cli.ts';
import { startEdgeUser } from '../support/edge.ts';
import { expireSession, succeeded } from '../support/login.ts';

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let user: CliUser;
let socket: string;

beforeAll(async () => {
  ({ edge, user } = await startEdgeUser(keep));
  ({ socket } = await socketOf(user, edge));
});

/** What curl gets, which is there with every system: status, a few headers, body. */
async function curl(url: string, ...args: string[]) {
  const words = ['--silent', '--include', '--max-time', '20', '--unix-socket', socket, ...args, `http://agent${url}`];
  const { stdout } = await promisify(execFile)('curl', words);
  const [head = '', body = ''] = stdout.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1]), head, body: JSON.parse(body) as Record<string, unknown> };
}

/** Sends bytes, then the next ones when something came back; all of it, once the agent ends the connection. */
async function raw(...parts: readonly string[]): Promise<string> {
  const stream: Socket = connectSocket(socket);
  let said = '';
  const [first = '', ...rest] = parts;
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    const next = rest.shift();
    if (next !== undefined) stream.write(next);
  });
  stream.write(first);
  await once(stream, 'close');
  return said;
}

const statuses = (said: string): string[] => said.match(/^HTTP\/1\.1 \d+/gm) ?? [];

const HEAD = 'GET /v1/status HTTP/1.1\r\nHost: agent\r\n';
const HELLO = '{"jsonrpc":"2.0","id":1,"method":"hello"}\n';

test('curl gets what `beamd token` prints, and is counted by its name', async () => {
  const printed = await json(user, 'beamd:token', 'beamd token');
  const { status, head, body } = await curl('/v1/token');
  expect({ status, body }).toEqual({ status: 200, body: printed });
  expect(head).toMatch(/\r\ncache-control: no-store/i);
  const { stdout } = succeeded(await user.beamd('agent', 'top'));
  expect(stdout).toMatch(/says "curl\/[\d.]+": 1/);
});

test('a token that has ended is refreshed once, however many ask', async () => {
  await expireSession(user, edge);
  const before = edge.counters.refreshes;
  const answers = await Promise.all(Array.from({ length: 20 }, () => curl('/v1/token')));
  expect(new Set(answers.map(({ status, body }) => `${String(status)} ${String(body['access_token'])}`)).size).toBe(1);
  expect([answers[0]?.status, edge.counters.refreshes - before]).toEqual([200, 1]);
});

test('the state and the orgs', async () => {
  const { pid } = await agentState(user);
  expect((await curl('/v1/status')).body).toMatchObject({ pid, account: expect.stringContaining('127.0.0.1') as string });
  expect((await curl('/v1/scopes')).body).toMatchObject({ server: edge.origin, default_scope: 'alice' });
});

test.each<[string, number, readonly string[]]>([
  ['a page', 403, ['-H', 'Origin: https://evil.example']],
  ['what a browser adds', 403, ['-H', 'Sec-Fetch-Site: cross-site']],
  ['another host', 403, ['-H', 'Host: evil.example']],
  ['a body', 405, ['--data', 'x']],
  ['HEAD', 405, ['-X', 'HEAD']],
  ['a head that is too long', 431, ['-H', `A: ${'x'.repeat(9_000)}`]],
])('%s: %i, and no token', async (_, status, args) => {
  const answer = await curl('/v1/token', ...args).catch(() => undefined);
  // What curl cannot make an answer of (HEAD has no body) is looked at below.
  if (answer === undefined) expect(args).toContain('HEAD');
  else {
    expect(answer.status).toBe(status);
    expect(Object.keys(answer.body)).toEqual(['error']);
  }
});

test('one protocol for each connection, one request at a time', async () => {
  expect(statuses(await raw(`${HEAD}\r\n`, HELLO))).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  expect(await raw(HELLO, `${HEAD}\r\n`)).toMatch(/^\{"jsonrpc":"2.0","id":1,"result":.*\}\n$/);
  expect(await raw(`${HEAD}\r\n${HEAD}\r\n`)).toBe('');
  expect(statuses(await raw(`CONNECT agent:80 HTTP/1.1\r\nHost: agent\r\n\r\n`))).toEqual(['HTTP/1.1 405']);
  expect(statuses(await raw('HEAD /v1/token HTTP/1.1\r\nHost: agent\r\n\r\n'))).toEqual(['HTTP/1.1 405']);
  expect(statuses(await raw(`${HEAD}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`))).toEqual(['HTTP/1.1 200']);
});

test('a head that is not finished ends its connection after two seconds, the first one and the next', async () => {
  expect(await raw(HEAD)).toBe('');
  expect(statuses(await raw(`${HEAD}\r\n`, HEAD))).toEqual(['HTTP/1.1 200']);
});

test('a client that keeps its connection while the agent ends gets its answer, and is told to let go', async () => {
  const stream = connectSocket(socket);
  keep({ close: () => void stream.destroy() });
  let said = '';
  stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  // Head and body may come one by one; the body is a line, and the only one that ends without a carriage return.
  const ask = async (): Promise<string> => {
    said = '';
    stream.write(`${HEAD}\r\n`);
    while (!/[^\r]\n$/.test(said)) await once(stream, 'data');
    return said;
  };
  await ask();
  const stopping = user.start('beamd', ['agent', 'stop']);
  // One call after the other: that which comes once the agent takes nobody any more is the last.
  let answer: string;
  do answer = await ask();
  while (/^connection: keep-alive\r$/im.test(answer));
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n(?:.*\r\n)*connection: close\r\n/i);
  expect(await stopping.done).toMatchObject({ code: 0 });
});

test('a locked account gives nothing away', async () => {
  succeeded(await user.run('beamd', ['agent', 'lock', '--passphrase-file', '-'], { stdin: 'a long passphrase\n' }));
  succeeded(await user.beamd('agent', 'start'));
  for (const url of ['/v1/token', '/v1/scopes']) {
    expect(await curl(url)).toMatchObject({
      status: 423,
      body: { error: { code: 'locked', hint: expect.stringContaining('beamd agent unlock') as string } },
    });
  }
});
