import { describe, expect, test } from 'vitest';
import { isLoopback } from '../http.ts';
import { proxyFor } from './proxy.ts';

const P = 'http://proxy.example:3128';

describe('proxyFor', () => {
  test.each([
    ['https://edge.example.com/', {}, undefined],
    ['https://edge.example.com/', { HTTPS_PROXY: P }, `${P}/`],
    ['https://edge.example.com/', { https_proxy: P, HTTPS_PROXY: 'http://other:1' }, `${P}/`],
    ['https://edge.example.com/', { https_proxy: '', ALL_PROXY: 'proxy.example:3128' }, `${P}/`],
    ['https://edge.example.com/', { HTTP_PROXY: P }, undefined],
    ['https://edge.example.com/', { ALL_PROXY: 'socks5://proxy.example:1080' }, undefined],
    ['https://edge.example.com/', { HTTPS_PROXY: 'not a url' }, undefined],
    ['https://127.0.0.1:4000/', { HTTPS_PROXY: P }, undefined],
    ['https://localhost/', { HTTPS_PROXY: P }, undefined],
    ['https://[::1]:4000/', { HTTPS_PROXY: P }, undefined],
    ['https://edge.example.com/', { HTTPS_PROXY: P, NO_PROXY: '*' }, undefined],
    ['https://edge.example.com/', { HTTPS_PROXY: P, NO_PROXY: 'example.com' }, undefined],
    ['https://edge.example.com/', { HTTPS_PROXY: P, no_proxy: 'x.org, .Example.com' }, undefined],
    ['https://edge.example.com/', { HTTPS_PROXY: P, no_proxy: '*.example.com' }, undefined],
    ['https://edge.example.com/', { HTTPS_PROXY: P, no_proxy: 'ample.com' }, `${P}/`],
    ['https://edge.example.com/', { HTTPS_PROXY: P, no_proxy: 'example.com:443' }, undefined],
    ['https://edge.example.com:8443/', { HTTPS_PROXY: P, no_proxy: 'example.com:443' }, `${P}/`],
    ['https://[2001:db8::1]/', { HTTPS_PROXY: P, no_proxy: '2001:db8::1,[2001:db8::2]:443' }, undefined],
    ['https://[2001:db8::2]/', { HTTPS_PROXY: P, no_proxy: '[2001:db8::2]:443' }, undefined],
  ])('%s with %j', (url, env, expected) => {
    expect(proxyFor(new URL(url), env)?.href).toEqual(expected);
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
