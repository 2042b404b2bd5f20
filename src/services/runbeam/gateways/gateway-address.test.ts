import fc from 'fast-check';
import { expect, it } from 'vitest';
import { failure } from '../../../errors.testing.ts';
import { parseGatewayAddress } from './gateway-address.ts';

it.each([
  ['10.0.0.5', { ip: '10.0.0.5' }],
  ['10.0.0.5:9090', { ip: '10.0.0.5', port: 9090 }],
  ['gw.example.com:8443/admin/', { ip: 'gw.example.com', port: 8443, pathPrefix: 'admin' }],
  ['https://gw.example.com', { ip: 'gw.example.com', port: 443, scheme: 'https' }],
  ['https://gw.example.com:443/a/b', { ip: 'gw.example.com', port: 443, pathPrefix: 'a/b', scheme: 'https' }],
  ['http://127.0.0.1:8081/a%20b', { ip: '127.0.0.1', port: 8081, pathPrefix: 'a b', scheme: 'http' }],
  ['HTTP://localhost', { ip: 'localhost', port: 80, scheme: 'http' }],
  ['[fd00::5]:8081', { ip: 'fd00::5', port: 8081 }],
  ['fd00::5', { ip: 'fd00::5' }],
  ['https://[::1]/', { ip: '::1', port: 443, scheme: 'https' }],
])('%s', (text, address) => {
  expect(parseGatewayAddress(text)).toEqual(address);
});

it.each([
  '',
  'a b',
  'ftp://gw.example.com',
  'gw:port',
  'https://gw/?q',
  'https://gw/#f',
  'https://user:word@gw',
  'gw:99999',
  'https://gw/%',
])('%j is none', async (text) => {
  expect(await failure(() => parseGatewayAddress(text))).toMatchObject({
    code: 'usage',
    hint: { command: 'runbeam harmony:add https://gw.example.com:8443/admin' },
  });
});

it('reads back what it is made of', () => {
  const host = fc.oneof(fc.ipV4(), fc.domain());
  fc.assert(
    fc.property(host, fc.integer({ min: 1, max: 65_535 }), fc.constantFrom('http', 'https'), (ip, port, scheme) => {
      expect(parseGatewayAddress(`${scheme}://${ip}:${port}/admin`)).toEqual({ ip, port, pathPrefix: 'admin', scheme });
      expect(parseGatewayAddress(`${ip}:${port}`)).toEqual({ ip, port });
    }),
  );
});
