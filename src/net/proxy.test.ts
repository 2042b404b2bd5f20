import { describe, expect, test } from 'vitest';
import { isLoopback } from '../http.ts';
import { failure } from '../errors.testing.ts';
import { proxyFor } from './proxy.ts';

const P = 'http://proxy.example:3128';

describe('proxyFor', () => {
  test.each([
    ['https://edge.example.com/', {}, undefined],
    ['https://edge.example.com/', { HTTPS_PROXY: P }, `${P}/`],
    ['https://edge.example.com/', { https_proxy: P, HTTPS_PROXY: 'http://other:1' }, `${P}/`],
    ['https://edge.example.com/', { https_proxy: '', ALL_PROXY: 'proxy.example:3128' }, `${P}/`],
    ['https://edge.example.com/', { https_proxy: ' ', HTTPS_PROXY: P }, `${P}/`],
    ['https://edge.example.com/', { HTTPS_PROXY: P, ALL_PROXY: 'socks5://proxy.example:1080' }, `${P}/`],
    ['https://edge.example.com/', { HTTPS_PROXY: 'https://u:a%23b%2F@proxy.example/' }, 'https://u:a%23b%2F@proxy.example/'],
    ['https://edge.example.com/', { HTTP_PROXY: P }, undefined],
    ['https://127.0.0.1:4000/', { HTTPS_PROXY: P }, undefined],
    ['https://localhost/', { HTTPS_PROXY: P }, undefined],
    ['https://[::1]:4000/', { HTTPS_PROXY: P }, undefined],
    ['https://127.0.0.1/', { HTTPS_PROXY: 'socks5://proxy.example' }, undefined],
    ['https://edge.example.com/', { HTTPS_PROXY: 'socks5://proxy.example', NO_PROXY: 'example.com' }, undefined],
  ])('%s with %j', (url, env, expected) => {
    expect(proxyFor(new URL(url), env)?.href).toEqual(expected);
  });
});

describe('a proxy that cannot be used is an error, never a direct connection', () => {
  const NO_URL = 'it is not a URL with a host and a port';
  const MORE = 'it goes on after the port';
  const OTHER_KIND = 'only proxies whose URL starts with http:// or https:// are spoken to';

  test.each([
    ['ALL_PROXY', 'socks5://proxy.example:1080', OTHER_KIND],
    ['all_proxy', 'socks5h://proxy.example:1080', OTHER_KIND],
    ['HTTPS_PROXY', 'ftp://proxy.example', OTHER_KIND],
    ['HTTPS_PROXY', 'not a url', NO_URL],
    ['HTTPS_PROXY', 'http://', NO_URL],
    ['HTTPS_PROXY', `"${P}"`, NO_URL],
    ['https_proxy', 'http://proxy.example:99999', NO_URL],
    ['HTTPS_PROXY', 'http://proxy.example:0', NO_URL],
    ['HTTPS_PROXY', 'http://u:a#b@proxy.example:3128', NO_URL],
    ['HTTPS_PROXY', 'http://u:a/b@proxy.example:3128', NO_URL],
    ['HTTPS_PROXY', 'http://u:1#b@proxy.example:3128', MORE],
    ['HTTPS_PROXY', 'http://u:1/b@proxy.example:3128', MORE],
    ['HTTPS_PROXY', 'http://u:1?b@proxy.example:3128', MORE],
    ['HTTPS_PROXY', `${P}/proxy.pac`, MORE],
    ['HTTPS_PROXY', 'http://u:a%b@proxy.example:3128', 'a % in its user name or password is not written as %25'],
  ])('%s=%s', async (name, value, why) => {
    const error = await failure(() => proxyFor(new URL('https://edge.example.com/'), { [name]: value }));
    expect(error).toEqual({
      code: 'bad_config',
      message: `The proxy in ${name} cannot be used: ${why}`,
      hint: { text: expect.stringContaining(`Set ${name} to http://HOST:PORT`) },
    });
    expect(JSON.stringify(error)).not.toContain('b@proxy.example');
  });
});

describe('NO_PROXY', () => {
  test.each([
    ['https://edge.example.com/', '*', true],
    ['https://edge.example.com/', 'example.com', true],
    ['https://edge.example.com/', 'x.org, .Example.com', true],
    ['https://edge.example.com/', '*.example.com', true],
    ['https://edge.example.com/', 'ample.com', false],
    ['https://edge.example.com/', 'example.com:443', true],
    ['https://edge.example.com:8443/', 'example.com:443', false],
    ['https://edge.example.com:8443/', 'edge.example.com:8443 x.org', true],
    ['https://edge.example.com/', 'example.com.', true],
    ['https://edge.example.com./', 'example.com', true],
    ['https://bücher.example/', 'bücher.example', true],
    ['https://xn--bcher-kva.example/', 'BÜCHER.example', true],
    ['https://bücher.example/', 'xn--bcher-kva.example', true],
    ['https://bücher.example/', 'bucher.example', false],
    // addresses
    ['https://192.0.2.7/', '192.0.2.7', true],
    ['https://192.0.2.7/', '192.0.2.7:443', true],
    ['https://192.0.2.7/', '192.0.2.7:8443', false],
    ['https://192.0.2.7/', '192.0.2.8', false],
    ['https://192.0.2.7/', '2.7', false],
    ['https://192.0.2.7/', '0xc0.0.2.7', true],
    ['https://3221225991/', '192.0.2.7', true],
    ['https://[2001:db8::7]/', '2001:db8::1,[2001:db8::7]:443', true],
    ['https://[2001:db8::7]/', '2001:db8::7', true],
    ['https://[2001:db8::7]/', '2001:DB8:0:0:0:0:0:7', true],
    ['https://[2001:db8::7]/', '[2001:db8:0:0:0:0:0:7]', true],
    ['https://[2001:db8::7]/', '[2001:db8::7]:8443', false],
    ['https://[2001:db8::7]/', '2001:db8::8', false],
    ['https://[::ffff:192.0.2.7]/', '192.0.2.7', true],
    // ranges of them
    ['https://192.0.2.7/', 'x.org,192.0.2.0/24', true],
    ['https://192.0.2.7/', '192.0.2.9/24', true],
    ['https://192.0.2.7/', '192.0.3.0/24', false],
    ['https://192.0.2.7/', '192.0.2.7/32', true],
    ['https://192.0.2.7/', '0.0.0.0/0', true],
    ['https://[2001:db8::7]/', '2001:db8::/32', true],
    ['https://[2001:db8::7]/', '[2001:db8::]/32', true],
    ['https://[2001:db9::7]/', '2001:db8::/32', false],
    ['https://edge.example.com/', '192.0.2.0/24', false],
    // what says nothing
    ['https://192.0.2.7/', '192.0.2.0/33', false],
    ['https://192.0.2.7/', '192.0.2.0/', false],
    ['https://192.0.2.7/', 'http://192.0.2.7', false],
    ['https://edge.example.com/', '%,/,:,[,],.,*.,:443,edge.example.com/8,edge.example.com/8/9', false],
  ])('%s with %s: %s', (url, list, direct) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      expect(proxyFor(new URL(url), { HTTPS_PROXY: P, [name]: list }) === undefined).toBe(direct);
    }
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.255.1.2', true],
  ['localhost', true],
  ['[::1]', true],
  ['localhost.example.com', false],
  ['127.0.0.1.example.com', false],
  ['10.0.0.1', false],
  ['[::ffff:7f00:1]', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
