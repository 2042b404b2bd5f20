import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BeamError } from '../errors.ts';
import { isAccountKey } from './account-key.ts';
import { parseServer, sameServer, serverOfKey } from './server.ts';
import { failure } from '../errors.testing.ts';

describe('parseServer', () => {
  const edge = {
    origin: 'https://edge.example.com',
    name: 'edge.example.com',
    key: 'edge.example.com',
    loopback: false,
  };

  test.each([
    'edge.example.com',
    'EDGE.Example.com',
    'edge.example.com.',
    'edge.example.com:443',
    'edge.example.com/',
    'https://edge.example.com',
    'HTTPS://edge.example.com:443/',
  ])('takes %s for the same server', (text) => {
    expect(parseServer(text)).toEqual(edge);
  });

  test.each([
    ['edge.example.com:8443', 'https://edge.example.com:8443', 'edge.example.com:8443', 'edge.example.com_8443', false],
    ['https://edge:80', 'https://edge:80', 'edge:80', 'edge_80', false],
    ['bücher.example', 'https://xn--bcher-kva.example', 'xn--bcher-kva.example', 'xn--bcher-kva.example', false],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000', 'http://127.0.0.1:4000', '127.0.0.1_4000', true],
    ['http://localhost', 'http://localhost', 'http://localhost', 'localhost_80', true],
    ['http://[::1]:4000/', 'http://[::1]:4000', 'http://[::1]:4000', '[--1]_4000', true],
    ['[0:0:0:0:0:0:0:1]:4000', 'https://[::1]:4000', '[::1]:4000', '[--1]_4000', true],
    ['127.9.9.9', 'https://127.9.9.9', '127.9.9.9', '127.9.9.9', true],
    ['[2001:db8::1]', 'https://[2001:db8::1]', '[2001:db8::1]', '[2001-db8--1]', false],
  ])('reads %s', (text, origin, name, key, loopback) => {
    expect(parseServer(text)).toEqual({ origin, name, key, loopback });
  });

  test('refuses plain http off loopback', async () => {
    expect(await failure(() => parseServer('http://edge.example.com'))).toMatchObject({
      code: 'insecure_transport',
      message: 'edge.example.com was given with http://, which would send tokens in the clear',
    });
    expect((await failure(() => parseServer('http://localhost.example.com'))).code).toBe('insecure_transport');
    expect((await failure(() => parseServer('http://127.0.0.1.example.com'))).code).toBe('insecure_transport');
    expect((await failure(() => parseServer('http://[::2]'))).code).toBe('insecure_transport');
  });

  test.each([
    ['', 'The server name is empty'],
    ['https://alice:hunter2@edge.example.com', 'The server name holds a user name or a password'],
    ['edge.example.com/path', 'The server name is more than a host and a port, or not a host at all'],
    ['edge.example.com?token=x', 'The server name is more than a host and a port, or not a host at all'],
    ['ftp://edge.example.com', 'The server name is more than a host and a port, or not a host at all'],
    ['::1', 'The server name is more than a host and a port, or not a host at all'],
    ['edge.example.com:', 'The server name is more than a host and a port, or not a host at all'],
    ['edge\n.example.com', 'The server name holds a space or another character that no host has'],
    ['ed ge', 'The server name holds a space or another character that no host has'],
    ['a%2eb', 'The server name holds a space or another character that no host has'],
    ['a\\b', 'The server name holds a space or another character that no host has'],
    ['my_edge.example.com', 'The server name my_edge.example.com holds an underscore, which no host has'],
    ['edge..example.com', 'edge..example.com is not a host'],
    ['..', '.. is not a host'],
    ['-edge.example.com', '-edge.example.com is not a host'],
    ['[::zz]', 'The server name is more than a host and a port, or not a host at all'],
    ['[::1::2]', '[::1::2] is not a host'],
    ['edge:0', '0 is not a port'],
    ['edge:70000', '70000 is not a port'],
    [`${'a.'.repeat(120)}com`, `${'a.'.repeat(99)}a… is not a host`],
  ])('refuses %j', async (text, message) => {
    expect(await failure(() => parseServer(text))).toMatchObject({ code: 'bad_server', message });
  });

  test('gives keys that are file names, and are read back, whatever is typed', () => {
    const part = fc.oneof(fc.webAuthority({ withIPv4: true, withIPv6: true, withPort: true }), fc.string());
    fc.assert(
      fc.property(part, fc.constantFrom('', 'https://', 'http://'), (authority, scheme) => {
        let server;
        try {
          server = parseServer(scheme + authority);
        } catch (error) {
          expect(error instanceof BeamError && error.code).toMatch(/^(?:bad_server|insecure_transport)$/u);
          return;
        }
        expect(isAccountKey(server.key)).toBe(true);
        expect(parseServer(server.name)).toEqual(server);
        expect(parseServer(server.origin)).toEqual(server);
        expect(parseServer(serverOfKey(server.key)).key).toBe(server.key);
      }),
      { numRuns: 2_000 },
    );
  });
});

test('sameServer looks at host and port alone', () => {
  expect(sameServer(parseServer('http://127.0.0.1:4000'), parseServer('127.0.0.1:4000'))).toBe(true);
  expect(sameServer(parseServer('edge'), parseServer('edge:8443'))).toBe(false);
});

test.each(['40199', '127.1', '0x7f.0.0.1', '010.0.0.1', '2130706433:80'])('%s is a number and no address', async (text) => {
  expect(await failure(() => parseServer(text))).toMatchObject({
    code: 'bad_server',
    message: expect.stringContaining('is a number'),
  });
});

test('an address with four numbers is one, with a dot at its end too', () => {
  expect([parseServer('127.0.0.1').name, parseServer('127.0.0.1.:81').name]).toEqual(['127.0.0.1', '127.0.0.1:81']);
});
