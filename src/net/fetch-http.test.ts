import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { failure } from '../errors.testing.ts';
import { Secret } from '../secret.ts';
import { httpOverFetch } from './fetch-http.ts';
import { startRawServer, startTestServer, type Answers, type TestServer } from './net.testing.ts';

const http = httpOverFetch(fetch);
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serve(answers: Answers): Promise<TestServer> {
  const server = await startTestServer(answers);
  open.push(server.close);
  return server;
}

describe('httpOverFetch', () => {
  it('sends what it is given and returns any status as it is', async () => {
    const { origin, asked } = await serve({ 'POST /a': [418, { tea: 'ü' }, { 'x-more': '1' }] });
    const bearer = new Secret(randomBytes(16).toString('hex'));
    const answer = await http({ method: 'POST', url: `${origin}/a`, bearer, json: { a: 1 } });
    expect({ status: answer.status, text: answer.text, more: answer.headers['x-more'] }).toEqual({
      status: 418,
      text: '{"tea":"ü"}',
      more: '1',
    });
    expect(asked.map(({ call, body, headers }) => [call, body, headers.authorization, headers['content-type']])).toEqual([
      ['POST /a', '{"a":1}', `Bearer ${bearer.reveal()}`, 'application/json'],
    ]);
  });

  it('follows no redirect', async () => {
    const { origin, asked } = await serve({ 'GET /a': [307, {}, { location: '/b' }] });
    expect((await http({ url: `${origin}/a` })).status).toBe(307);
    expect(asked).toHaveLength(1);
  });

  it('reads no more than it may', async () => {
    const { origin, host } = await serve({ 'GET /a': [200, 'x'.repeat(1_001)], 'GET /b': [200, 'x'.repeat(1_000)] });
    expect(await failure(() => http({ url: `${origin}/a`, maxBytes: 1_000 }))).toEqual({
      code: 'bad_answer',
      message: `${host} answered with more than 1000 bytes`,
    });
    expect((await http({ url: `${origin}/b`, maxBytes: 1_000 })).text).toHaveLength(1_000);
  });

  it.each(['before it answers', 'in its answer'])('gives up a server that is silent %s', async (when) => {
    const server = await startRawServer((socket) => {
      if (when === 'in its answer') socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{');
    });
    open.push(server.close);
    expect(await failure(() => http({ url: `http://${server.host}/`, deadline: 200 }))).toEqual({
      code: 'timeout',
      message: `${server.host} did not answer in full within 0.2 s`,
    });
  });

  it('is ended by its signal, and not begun after it', async () => {
    const stop = new AbortController();
    const server = await startRawServer(() => stop.abort());
    open.push(server.close);
    const interrupted = { code: 'interrupted', message: `The request to ${server.host} was interrupted` };
    expect(await failure(() => http({ url: `http://${server.host}/`, signal: stop.signal }))).toEqual(interrupted);
    expect(await failure(() => http({ url: `http://${server.host}/`, signal: stop.signal }))).toEqual(interrupted);
  });

  it('says that nobody is there', async () => {
    const server = await startRawServer(() => undefined);
    await server.close();
    expect(await failure(() => http({ url: `http://${server.host}/` }))).toEqual({
      code: 'network',
      message: `Cannot reach ${server.host}: nothing listens there`,
    });
  });

  it.each([
    ['http://edge.example.com/', 'insecure_transport'],
    ['https://u:p@edge.example.com/', 'bad_server'],
    ['file:///etc/passwd', 'bad_server'],
  ])('refuses %s', async (url, code) => {
    expect((await failure(() => http({ url }))).code).toBe(code);
  });

  it('repeats nothing of a token that cannot be sent', async () => {
    expect(await failure(() => http({ url: 'https://edge.example.com/', bearer: new Secret('a\nb') }))).toEqual({
      code: 'usage',
      message: 'The request to edge.example.com has a header with characters that HTTP does not allow',
      hint: { text: 'Check the token for line breaks and spaces' },
    });
  });
});
