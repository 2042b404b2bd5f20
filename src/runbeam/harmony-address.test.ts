import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harmonyOrigin, prefixPath } from './harmony-address.ts';
import { failure } from '../errors.testing.ts';

describe('harmonyOrigin', () => {
  it.each([
    ['127.0.0.1', 8081, 'http://127.0.0.1:8081'],
    ['127.8.9.10', 80, 'http://127.8.9.10:80'],
    ['localhost', 9090, 'http://localhost:9090'],
    ['::1', 8081, 'http://[::1]:8081'],
    ['[::1]', 8081, 'http://[::1]:8081'],
    ['10.0.0.5', 8081, 'https://10.0.0.5:8081'],
    ['10.0.0.5', 443, 'https://10.0.0.5:443'],
    ['fd00::5', 8081, 'https://[fd00::5]:8081'],
    ['gateway.example.com', 8443, 'https://gateway.example.com:8443'],
    ['https://127.0.0.1', 8443, 'https://127.0.0.1:8443'],
  ])('%s port %d is %s', (ip, port, origin) => {
    expect(harmonyOrigin({ ip, port })).toBe(origin);
  });

  it('refuses plain http off loopback', async () => {
    expect(await failure(() => harmonyOrigin({ ip: 'http://10.0.0.5', port: 8081 }))).toEqual({
      code: 'insecure_transport',
      message: 'Plain http to 10.0.0.5:8081 is refused: it is not on this machine',
      hint: { text: 'Put TLS in front of the management API, or forward its port with: ssh -L 8081:127.0.0.1:8081 HOST' },
    });
  });

  it.each([
    ['', 8081],
    ['user@10.0.0.5', 8081],
    ['10.0.0.5/admin', 8081],
    ['10.0.0.5:80', 8081],
    ['999.1.1.1', 8081],
    ['10.0.0.5?x', 8081],
    ['fe80::1%eth0', 8081],
    ['127.0.0.1', 0],
    ['127.0.0.1', 65_536],
    ['127.0.0.1', 1.5],
  ])('refuses %j port %d', async (ip, port) => {
    expect((await failure(() => harmonyOrigin({ ip, port }))).code).toBe('bad_config');
  });

  it('gives http for loopback only, whatever is typed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.string()), fc.integer({ min: 1, max: 65_535 }), (ip, port) => {
        let origin: string;
        try {
          origin = harmonyOrigin({ ip, port });
        } catch {
          return;
        }
        const { protocol, hostname, pathname, username } = new URL(origin);
        const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
        expect({ plain: protocol === 'http:', pathname, username }).toEqual({ plain: loopback, pathname: '/', username: '' });
      }),
    );
  });
});

describe('prefixPath', () => {
  it.each([
    ['admin', '/admin'],
    ['/admin/', '/admin'],
    ['//a//b/', '/a/b'],
    ['', ''],
    ['/', ''],
    ['a b?c', '/a%20b%3Fc'],
  ])('makes %j into %j', (prefix, path) => {
    expect(prefixPath(prefix)).toBe(path);
  });

  it('refuses to climb', async () => {
    expect((await failure(() => prefixPath('admin/../api'))).code).toBe('bad_config');
  });
});

it.each(['40199', '127.1', '010.0.0.1'])('%s is no address of a gateway', async (ip) => {
  expect((await failure(() => harmonyOrigin({ ip, port: 8081 }))).code).toBe('bad_config');
});
