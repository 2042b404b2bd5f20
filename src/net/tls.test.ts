import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttp } from './http-client.ts';
import { httpFor } from './http-for.ts';
import { failure } from '../errors.testing.ts';
import { startRawServer } from './net.testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'beamd-tls-'));
const certificate = join(folder, 'cert.pem');
const key = join(folder, 'key.pem');

/** A certificate can only be made by a program that not every machine has. */
function makeCertificate(): boolean {
  const names = ['-subj', '/CN=edge.test', '-addext', 'subjectAltName=DNS:localhost,DNS:edge.test,IP:192.0.2.7,IP:2001:db8::7'];
  const files = ['-keyout', key, '-out', certificate];
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names, ...files], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

const able = makeCertificate();
let port = 0;
let stop = (): void => undefined;

beforeAll(async () => {
  if (!able) return;
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (_, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address !== null && typeof address === 'object') port = address.port;
  stop = () => {
    server.close();
    server.closeAllConnections();
  };
});

afterAll(() => {
  stop();
  rmSync(folder, { recursive: true });
});

describe.skipIf(!able)('certificates', () => {
  const url = (host = 'localhost'): string => `https://${host}:${port}/`;

  test('an unknown one is not trusted, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await failure(() => createHttp({ env: {} })({ url: url() }))).toEqual({
        code: 'network',
        message: `The certificate of localhost:${port} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)`,
        hint: { text: 'Set NODE_EXTRA_CA_CERTS or SSL_CERT_FILE to the file of your CA' },
      });
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  test('a CA file makes it trusted, for its names only', async () => {
    const http = createHttp({ env: {}, caFile: certificate });
    expect((await http({ url: url() })).text).toBe('{}');
    expect(await failure(() => http({ url: url('127.0.0.1') }))).toMatchObject({
      message: `The certificate of 127.0.0.1:${port} is not trusted (ERR_TLS_CERT_ALTNAME_INVALID)`,
    });
  });

  test.each([
    ['SSL_CERT_FILE', certificate],
    ['SSL_CERT_DIR', `/nowhere:${folder}`],
  ])('%s makes it trusted, as a CA file does', async (name, value) => {
    expect((await createHttp({ env: { [name]: value } })({ url: url() })).text).toBe('{}');
  });

  test('insecureSkipVerify takes any', async () => {
    const http = createHttp({ env: {}, insecureHosts: ['127.0.0.1'] });
    expect((await http({ url: url('127.0.0.1') })).text).toBe('{}');
    expect(await failure(() => http({ url: url() }))).toMatchObject({ code: 'network' });
  });

  test('an account takes any certificate of its own server, under each name that it has, and of no other', async () => {
    const account = { insecureSkipVerify: true, server: `127.0.0.1:${port}` };
    expect((await httpFor(account, {})({ url: url('127.0.0.1') })).text).toBe('{}');
    const other = await failure(() => httpFor(account, {})({ url: url() }));
    expect(other.message).toBe(`The certificate of localhost:${port} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)`);
    const named = { ...account, typedAs: [`localhost:${port}`] };
    expect((await httpFor(named, {})({ url: url() })).text).toBe('{}');
    expect(await failure(() => httpFor({ insecureSkipVerify: true }, {})({ url: url() }))).toEqual(other);
  });

  test('a proxy is trusted by the environment alone', async () => {
    const proxy = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
    proxy.on('connect', (_, socket) => {
      const target = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(target).pipe(socket);
      });
      target.on('error', () => undefined).on('close', () => socket.destroy());
      socket.on('error', () => target.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = proxy.address();
    const host = `localhost:${address !== null && typeof address === 'object' ? address.port : 0}`;
    const env = { HTTPS_PROXY: `https://${host}` };
    for (const trust of [{ caFile: certificate }, { insecureHosts: ['localhost', 'edge.test'] }]) {
      expect(await failure(() => createHttp({ env, ...trust })({ url: 'https://edge.test/' }))).toEqual({
        code: 'network',
        message: `The certificate of the proxy ${host} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)`,
        hint: { text: 'Set NODE_EXTRA_CA_CERTS or SSL_CERT_FILE to the file of your CA' },
      });
    }
    const trusting = createHttp({ env: { ...env, SSL_CERT_FILE: certificate } });
    expect((await trusting({ url: 'https://edge.test/' })).text).toBe('{}');
    proxy.close();
    proxy.closeAllConnections();
  });

  test('through a proxy the certificate is still the one of the server, by name or by address', async () => {
    const asked: string[] = [];
    const proxy = createTcpServer((socket) =>
      socket.once('data', (head) => {
        asked.push(head.toString('latin1').split(' ')[1] ?? '');
        const target = connect(port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.pipe(target).pipe(socket);
        });
        target.on('error', () => undefined).on('close', () => socket.destroy());
        socket.on('error', () => target.destroy());
      }),
    );
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = proxy.address();
    const env = {
      HTTPS_PROXY: `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`,
    };
    const http = createHttp({ env, caFile: certificate });
    for (const host of ['edge.test', '192.0.2.7', '[2001:db8::7]']) {
      expect((await http({ url: `https://${host}/` })).text).toBe('{}');
    }
    for (const host of ['other.test', '192.0.2.8', '[2001:db8::8]']) {
      expect(await failure(() => http({ url: `https://${host}/` }))).toMatchObject({
        code: 'network',
        message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
      });
    }
    const hosts = ['edge.test', '192.0.2.7', '[2001:db8::7]', 'other.test', '192.0.2.8', '[2001:db8::8]'];
    expect(asked).toEqual(hosts.map((host) => `${host}:443`));
    await new Promise((resolve) => proxy.close(resolve));
  });
});

test('a server without TLS', async () => {
  const plain = await startRawServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  expect(await failure(() => createHttp({ env: {} })({ url: `https://${plain.host}/` }))).toEqual({
    code: 'network',
    message: `Cannot reach ${plain.host}: it does not speak TLS there`,
  });
  await plain.close();
});

test('a CA file that is not there, and who names it', async () => {
  const named = { SSL_CERT_FILE: '/nowhere/ca.pem' };
  expect(await failure(() => createHttp({ env: named })({ url: 'https://localhost:1/' }))).toEqual({
    code: 'bad_file',
    message: 'Cannot read the CA file /nowhere/ca.pem that SSL_CERT_FILE names (ENOENT)',
    hint: { command: 'ls -ld /nowhere/ca.pem' },
  });
  const caFile = join(folder, 'none.pem');
  expect(await failure(() => createHttp({ env: {}, caFile })({ url: 'https://localhost:1/' }))).toEqual({
    code: 'bad_file',
    message: `Cannot read the CA file ${caFile} (ENOENT)`,
    hint: { command: `ls -ld ${caFile}` },
  });
});
