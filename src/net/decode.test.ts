import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { failure } from '../errors.testing.ts';
import { createHttp } from './http-client.ts';
import { startRawServer } from './net.testing.ts';

const http = createHttp({ env: {} });
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** What the client makes of these very bytes. */
async function received(head: string, body: Buffer | string, maxBytes?: number): Promise<string> {
  const server = await startRawServer((socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
      socket.end(body);
    });
  });
  stops.push(server.close);
  return (await http({ url: `http://${server.host}/`, ...(maxBytes === undefined ? {} : { maxBytes }) })).text;
}

const json = JSON.stringify({ access_token: 'at', filling: 'ä'.repeat(300) });

describe('a body that is compressed though nobody asked for it', () => {
  test.each([
    ['gzip', gzipSync(json)],
    ['X-GZIP', gzipSync(json)],
    ['deflate', deflateSync(json)],
    ['deflate', deflateRawSync(json)],
    ['br', brotliCompressSync(json)],
    ['gzip, br', brotliCompressSync(gzipSync(json))],
    ['identity', Buffer.from(json)],
    // A proxy has unpacked it and left the header.
    ['gzip', Buffer.from(json)],
    ['br', Buffer.from(json)],
  ])('%s', async (encoding, body) => {
    expect(await received(`Content-Encoding: ${encoding}`, body)).toBe(json);
  });

  test('no more is unpacked than is read', async () => {
    for (const [encoding, body] of [
      ['gzip', gzipSync('x'.repeat(5_000_000))],
      ['deflate', deflateSync('x'.repeat(5_000_000))],
      ['br', brotliCompressSync('x'.repeat(5_000_000))],
    ] as const) {
      expect(await failure(() => received(`Content-Encoding: ${encoding}`, body, 10_000))).toMatchObject({
        code: 'bad_answer',
        message: expect.stringMatching(/ answered with more than 10000 bytes$/) as string,
      });
    }
  });
});

describe('a body that breaks off', () => {
  const whole = Buffer.byteLength(json);

  test.each([
    ['a length that counts one byte too many', `Content-Length: ${whole + 1}`, json],
    ['a length that leaves out the line break', `Content-Length: ${whole}\r\nConnection: close`, `${json}\r\n`],
    ['no last chunk', 'Transfer-Encoding: chunked', `${whole.toString(16)}\r\n${json}\r\n`],
    ['no end of the gzip', `Content-Encoding: gzip\r\nContent-Length: 9999`, gzipSync(json).subarray(0, -8)],
  ])('is taken if its JSON is whole: %s', async (_, head, body) => {
    expect(await received(head, body)).toBe(json);
  });

  test.each([
    ['half of the JSON', `Content-Length: ${whole}`, json.slice(0, 40)],
    ['a page', 'Content-Length: 100', '<html>'],
    ['a number', 'Content-Length: 100', '12'],
    ['nothing', 'Content-Length: 100', ''],
  ])('is no answer otherwise: %s', async (_, head, body) => {
    expect(await failure(() => received(head, body))).toMatchObject({ code: 'network' });
  });
});
