/** `beamd exec --serve`: who gets a token on loopback, and who does not. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { beforeEach, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, type CliUser } from '../support/cli-user.ts';
import { expireSession, logIn, rewriteSession } from '../support/login.ts';

const keep = cleanup();
let edge: BeamAuthEdge;
let user: CliUser;
let child: ChildProcess;
let url: URL;
let auth: string;
let first: string;

/** Tells what it was given, and ends with its standard input. */
const COMMAND = `
const { BEAMD_TOKEN_URL, BEAMD_TOKEN_AUTH, BEAMD_TOKEN } = process.env;
console.log(JSON.stringify([BEAMD_TOKEN_URL, BEAMD_TOKEN_AUTH, BEAMD_TOKEN]));
process.stdin.resume().on('end', () => process.exit(5));
`;

beforeEach(async () => {
  edge = keep(await startBeamAuthEdge());
  user = keep(createCliUser());
  await logIn(user, edge);
  const [file, ...args] = commandOf('beamd');
  child = spawn(file, [...args, 'exec', '--serve', '--scope', 'acme', '--', process.execPath, '-e', COMMAND], {
    cwd: user.work,
    env: { ...user.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  keep({ close: () => child.kill('SIGKILL') });
  if (child.stdout === null) throw new Error('it has no output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const [given = '', bearer = '', token = ''] = JSON.parse(line) as string[];
  [url, auth, first] = [new URL(given), bearer, token];
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

function ask({ path = '/v1/token', method = 'GET', headers = {} }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all = { authorization: `Bearer ${auth}`, ...headers } as Record<string, string>;
    const sent = request({ host: url.hostname, port: url.port, path, method, headers: all }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: JSON.parse(text) as unknown }),
      );
    });
    sent.on('error', reject).end();
  });
}

test('the command gets fresh tokens of its login and org, one as long as it asks for, until it ends', async () => {
  expect([url.protocol, url.hostname, url.pathname]).toEqual(['http:', '127.0.0.1', '/v1/token']);
  expect(auth).toMatch(/^[\w-]{43}$/);
  const answer = await ask({});
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
    body: { access_token: first, server: edge.origin, scope: 'acme', expires_at: expect.stringMatching(/Z$/) as string },
  });
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  edge.expireAccess();
  await expireSession(user, edge);
  const next = (await ask({})).body as { readonly access_token: string };
  expect(next.access_token).not.toBe(first);
  await rewriteSession(user, edge, { left: 1_000, age: 600 });
  expect((await ask({ path: '/v1/token?min_ttl=900' })).body).toMatchObject({ access_token: next.access_token });
  expect((await ask({ path: '/v1/token?min_ttl=7200' })).body).toMatchObject({ unmet: { why: 'short_lived' } });
  child.stdin?.end();
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(5);
  await expect(ask({})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('nobody else gets one', async () => {
  const { port } = url;
  const asked: readonly (readonly [Asked, number])[] = [
    [{ headers: { authorization: '' } }, 401],
    [{ headers: { authorization: `Bearer ${first}` } }, 401],
    [{ headers: { authorization: `bearer ${auth}` } }, 401],
    [{ headers: { authorization: auth } }, 401],
    [{ headers: { authorization: `Bearer ${auth} ` + 'x' } }, 401],
    [{ headers: { host: 'localhost' } }, 403],
    [{ headers: { host: `localhost:${port}` } }, 403],
    [{ headers: { host: '127.0.0.1' } }, 403],
    [{ headers: { host: `evil.example:${port}` } }, 403],
    [{ headers: { origin: `http://127.0.0.1:${port}` } }, 403],
    [{ headers: { 'sec-fetch-site': 'same-origin' } }, 403],
    [{ method: 'POST' }, 405],
    [{ method: 'OPTIONS', headers: { 'origin': 'http://evil.example', 'access-control-request-method': 'GET' } }, 403],
    [{ path: '/' }, 404],
    [{ path: '/v1/status' }, 404],
    [{ path: '/latest/meta-data/iam/security-credentials/' }, 404],
    [{ path: '/v1/token?scope=widgets' }, 400],
    [{ path: '/v1/token?min_ttl=600&min_ttl=600' }, 400],
    [{ path: '/v1/token?min_ttl=10m' }, 400],
  ];
  const answers = await Promise.all(asked.map(async ([one]) => ask(one)));
  expect(answers.map(({ status }) => status)).toEqual(asked.map(([, status]) => status));
  expect(answers.at(-1)?.body).toEqual({
    error: { code: 'usage', message: 'min_ttl is a number of seconds', hint: 'As in ?min_ttl=600' },
  });
  const said = JSON.stringify(answers);
  for (const secret of [first, auth]) expect(said).not.toContain(secret);
});

test('a head that is too long, or is never finished, is not waited for', async () => {
  const long = connect(Number(url.port), url.hostname);
  long.on('error', () => undefined);
  long.write(`GET /v1/token HTTP/1.1\r\nHost: ${url.host}\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`);
  const [answer] = (await once(long, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 431 /);
  const slow = connect(Number(url.port), url.hostname);
  slow.on('error', () => undefined).resume();
  slow.write('GET /v1/token HTTP/1.1\r\n');
  await once(slow, 'close');
  expect((await ask({})).status).toBe(200);
});

test('another user of this machine who holds all connections keeps the command from nothing', async () => {
  const held = Array.from({ length: 100 }, () => connect(Number(url.port), url.hostname).on('error', () => undefined));
  await Promise.all(held.map((socket) => once(socket, 'connect')));
  const answers = await Promise.all([ask({}), ask({}), ask({})]);
  for (const socket of held) socket.destroy();
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
});
