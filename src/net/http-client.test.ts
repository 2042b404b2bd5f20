import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Secret } from '../secret.ts';
import { createHttp } from './http-client.ts';
import { failure } from '../errors.testing.ts';
import { startRawServer, startTestServer } from './net.testing.ts';

const http = createHttp({ env: {} });
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function server(...input: Parameters<typeof startTestServer>): ReturnType<typeof startTestServer> {
  const started = await startTestServer(...input);
  stops.push(started.close);
  return started;
}

async function raw(...input: Parameters<typeof startRawServer>): ReturnType<typeof startRawServer> {
  const started = await startRawServer(...input);
  stops.push(started.close);
  return started;
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** A server whose connections are answered by the test; `asked` resolves with the next one that has asked something. */
async function held(): Promise<{ readonly url: string; readonly asked: () => Promise<Socket> }> {
  const asked = new EventEmitter();
  const { host } = await raw((socket) => socket.once('data', () => asked.emit('asked', socket)));
  return { url: `http://${host}/`, asked: async () => (await once(asked, 'asked'))[0] as Socket };
}

describe('the deadline', () => {
  test('of what cannot be done again is for reaching the server: its answer is waited for', async () => {
    const { url, asked } = await held();
    const first = asked();
    const patient = http({ url, method: 'POST', deadline: 20, once: true });
    const socket = await first;
    // As long as anybody else waits there.
    expect((await failure(() => http({ url, deadline: 20 }))).code).toBe('timeout');
    socket.end(OK);
    expect((await patient).text).toBe('ok');
  });

  test('of what cannot be done again ends a connection that does not come about', async () => {
    const proxied = createHttp({ env: { HTTPS_PROXY: (await held()).url } });
    const request = { url: 'https://edge.example.com/', deadline: 20, once: true } as const;
    expect((await failure(() => proxied(request))).code).toBe('timeout');
  });

  test('that passed while the process was frozen does not beat an answer that has come', async () => {
    const { url, asked } = await held();
    const { setTimeout: later } = globalThis;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const first = asked();
      const answer = http({ url });
      const socket = await first;
      // Where the loop is after a suspend: among the timers, the answer unread.
      later(() => {
        socket.write(OK);
        vi.advanceTimersByTime(15_000);
      }, 0);
      expect((await answer).text).toBe('ok');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('what is sent', () => {
  test('a GET says what it wants', async () => {
    const { origin, host, asked } = await server({ 'GET /x': [200, { a: 1 }, { 'x-it': 'yes' }] });
    const answer = await http({ url: `${origin}/x` });
    expect({ status: answer.status, text: answer.text, it: answer.headers['x-it'] }).toEqual({
      status: 200,
      text: '{"a":1}',
      it: 'yes',
    });
    expect(asked).toEqual([
      {
        call: 'GET /x',
        headers: { 'accept': 'application/json', 'user-agent': 'beamd-cli', host, 'connection': 'close' },
        body: '',
      },
    ]);
  });

  test.each([
    [{ json: { a: 'ä' } }, 'application/json', '{"a":"ä"}'],
    [{ form: { a: 'b c', d: '&' } }, 'application/x-www-form-urlencoded', 'a=b+c&d=%26'],
    [{ body: 'plain' }, undefined, 'plain'],
    [{}, undefined, ''],
  ])('a POST of %j', async (payload, type, body) => {
    const { origin, asked } = await server({ 'POST /x': [200, {}] });
    await http({ method: 'POST', url: `${origin}/x`, ...payload });
    expect(asked.map(({ headers, body: got }) => [headers['content-type'], headers['content-length'], got])).toEqual([
      [type, String(Buffer.byteLength(body)), body],
    ]);
  });

  test('a bearer token, and headers of the caller', async () => {
    const { origin, asked } = await server({ 'GET /x': [200, {}] });
    const token = randomBytes(12).toString('hex');
    await http({ url: `${origin}/x`, bearer: new Secret(token), headers: { Accept: 'text/plain' } });
    expect(asked.map(({ headers }) => [headers.authorization, headers.accept])).toEqual([[`Bearer ${token}`, 'text/plain']]);
  });

  test('a token that is no header value is an error without the token', async () => {
    const { origin, host, asked } = await server({});
    expect(await failure(() => http({ url: origin, bearer: new Secret('a\nb') }))).toEqual({
      code: 'usage',
      message: `The request to ${host} has a header with characters that HTTP does not allow`,
      hint: { text: 'Check the token for line breaks and spaces' },
    });
    expect(asked).toEqual([]);
  });
});

describe('what is refused', () => {
  test.each([301, 302, 303, 307, 308])('a %i is an answer, not a way to go', async (status) => {
    const elsewhere = await server({});
    const { origin } = await server({ 'POST /x': [status, '', { location: `${elsewhere.origin}/y` }] });
    const bearer = new Secret(randomBytes(12).toString('hex'));
    expect((await http({ method: 'POST', url: `${origin}/x`, json: {}, bearer })).status).toBe(status);
    expect(elsewhere.asked).toEqual([]);
  });

  test.each([
    ['http://edge.example.com/x', 'insecure_transport', 'Refused to speak plain http to edge.example.com'],
    ['http://10.0.0.1:80/', 'insecure_transport', 'Refused to speak plain http to 10.0.0.1'],
    ['file:///etc/passwd', 'bad_server', 'A server gave, or was given as, something that is not an http(s) URL'],
    ['nonsense', 'bad_server', 'A server gave, or was given as, something that is not an http(s) URL'],
    [
      'https://u:p@edge.example.com/',
      'bad_server',
      'The URL for edge.example.com holds a user name or password, which is not sent',
    ],
  ])('%s', async (url, code, message) => {
    expect(await failure(() => http({ url }))).toMatchObject({ code, message });
  });

  test('an answer over the cap, however it is announced', async () => {
    const { origin, host } = await server({
      'GET /x': (_, response) => {
        for (let i = 0; i < 100; i++) response.write('x'.repeat(1024));
        response.end();
        return undefined;
      },
    });
    expect(await failure(() => http({ url: `${origin}/x`, maxBytes: 10_000 }))).toEqual({
      code: 'bad_answer',
      message: `${host} answered with more than 10000 bytes`,
    });
  });
});

describe('trouble', () => {
  test('nobody there', async () => {
    const gone = await startTestServer({});
    await gone.close();
    expect(await failure(() => http({ url: gone.origin }))).toEqual({
      code: 'network',
      message: `Cannot reach ${gone.host}: nothing listens there`,
    });
  });

  test.each([
    ['at once', (socket: import('node:net').Socket) => socket.destroy()],
    ['after the request', (socket: import('node:net').Socket) => socket.once('data', () => socket.resetAndDestroy())],
    [
      'within the answer',
      (socket: import('node:net').Socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a":')),
    ],
  ])('a connection that ends %s', async (_, serve) => {
    const { host } = await raw(serve);
    expect(await failure(() => http({ url: `http://${host}/` }))).toEqual({
      code: 'network',
      message: `Cannot reach ${host}: it broke the connection`,
    });
  });

  test('something that is not HTTP', async () => {
    const { host } = await raw((socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n')));
    expect(await failure(() => http({ url: `http://${host}/` }))).toMatchObject({ code: 'network' });
  });

  test.each([
    ['no answer', ''],
    ['half a header', 'HTTP/1.1 200 OK\r\ncont'],
    ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'],
  ])('%s within the deadline', async (_, text) => {
    const { host } = await raw((socket) => socket.write(text));
    expect(await failure(() => http({ url: `http://${host}/`, deadline: 50 }))).toEqual({
      code: 'timeout',
      message: `${host} did not answer in full within 0.05 s`,
    });
  });

  test('the caller gives up', async () => {
    const { host } = await raw(() => undefined);
    const stop = new AbortController();
    const failed = failure(() => http({ url: `http://${host}/`, signal: stop.signal }));
    stop.abort();
    expect(await failed).toEqual({ code: 'interrupted', message: `The request to ${host} was interrupted` });
    expect(await failure(() => http({ url: `http://${host}/`, signal: stop.signal }))).toMatchObject({
      code: 'interrupted',
    });
  });
});

describe('a proxy', () => {
  const password = randomBytes(6).toString('hex');

  test('is asked to connect, and its refusal is never read as the answer of the server', async () => {
    const heard: string[] = [];
    const body = '{"error":"invalid_grant"}';
    const { port } = await raw((socket) =>
      socket.once('data', (data) => {
        heard.push(data.toString());
        socket.end(`HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      }),
    );
    const proxied = createHttp({ env: { HTTPS_PROXY: `http://me:${password}@127.0.0.1:${port}` } });
    const error = await failure(() => proxied({ url: 'https://edge.example.com/x' }));
    expect(error).toEqual({
      code: 'network',
      message: `The proxy 127.0.0.1:${port} refused to reach edge.example.com (400)`,
    });
    const basic = Buffer.from(`me:${password}`).toString('base64');
    expect(heard).toEqual([expect.stringMatching(/^CONNECT edge\.example\.com:443 HTTP\/1\.1\r\n/)]);
    expect(heard[0]).toContain(`Proxy-Authorization: Basic ${basic}`);
  });

  test('that never answers is left at the deadline', async () => {
    let open = 0;
    const { port } = await raw((socket) => {
      open += 1;
      socket.resume().on('close', () => (open -= 1));
    });
    const proxied = createHttp({ env: { HTTPS_PROXY: `http://127.0.0.1:${port}` } });
    expect(await failure(() => proxied({ url: 'https://edge.example.com/', deadline: 250 }))).toMatchObject({
      code: 'timeout',
    });
    await expect.poll(() => open).toBe(0);
  });

  test('that is not there is named', async () => {
    const gone = await startTestServer({});
    await gone.close();
    const proxied = createHttp({ env: { HTTPS_PROXY: `http://me:${password}@${gone.host}` } });
    expect(await failure(() => proxied({ url: 'https://edge.example.com/' }))).toEqual({
      code: 'network',
      message: `Cannot reach edge.example.com through the proxy ${gone.host}: nothing listens there`,
    });
  });

  test('is not used for loopback', async () => {
    const { origin } = await server({ 'GET /': [200, {}] });
    expect(
      (
        await createHttp({ env: { HTTPS_PROXY: 'http://127.0.0.1:9', ALL_PROXY: 'http://127.0.0.1:9' } })({
          url: origin,
        })
      ).status,
    ).toBe(200);
  });
});
