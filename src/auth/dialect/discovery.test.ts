import { describe, expect, test } from 'vitest';
import { failure } from '../../net/net.testing.ts';
import { parseServer } from '../../store/server.ts';
import { heldEndpoint, isHeldTo } from './discovery.ts';

describe('isHeldTo', () => {
  test.each([
    // the server's own host, and below it
    ['edge.example.com', 'https://edge.example.com/token', true],
    ['edge.example.com', 'https://edge.example.com:8443/token', true],
    ['edge.example.com:8443', 'https://edge.example.com/token', true],
    ['edge.example.com', 'https://auth.edge.example.com/token', true],
    ['example.com', 'https://auth.example.com/token', true],
    ['localhost', 'https://localhost/token', true],
    // under the same parent
    ['edge.example.com', 'https://auth.example.com/token', true],
    ['edge.example.com', 'https://example.com/token', true],
    ['a.b.edge.example.com', 'https://auth.example.com/token', true],
    // elsewhere
    ['edge.example.com', 'https://evil.com/token', false],
    ['edge.example.com', 'https://evilexample.com/token', false],
    ['edge.example.com', 'https://edge.example.com.evil.com/token', false],
    ['edge.example.com', 'https://com/token', false],
    ['edge.example.com', 'https://edge.example.com@evil.com/token', false],
    ['example.com', 'https://evil.com/token', false],
    ['localhost', 'https://evil.localhost.com/token', false],
    // parents that strangers share
    ['edge.co.uk', 'https://evil.co.uk/token', false],
    ['edge.mycompany.co.uk', 'https://evil.co.uk/token', false],
    ['edge.mycompany.co.uk', 'https://auth.mycompany.co.uk/token', false],
    ['edge.mycompany.co.uk', 'https://auth.edge.mycompany.co.uk/token', true],
    ['alice.github.io', 'https://evil.github.io/token', false],
    ['alice.com.de', 'https://evil.com.de/token', false],
    // plain http, other schemes, addresses
    ['edge.example.com', 'http://edge.example.com/token', false],
    ['edge.example.com', 'http://127.0.0.1/token', false],
    ['edge.example.com', 'https://127.0.0.1/token', false],
    ['edge.example.com', 'javascript:alert(1)', false],
    ['10.0.0.1', 'https://10.0.0.1:1/token', true],
    ['10.0.0.1', 'https://11.0.0.1/token', false],
    ['10.0.0.1', 'https://a.0.1/token', false],
    ['[2001:db8::1]', 'https://[2001:db8::1]/token', true],
    ['[2001:db8::1]', 'https://[2001:db8::2]/token', false],
    // loopback
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4001/token', true],
    ['http://127.0.0.1:4000', 'https://127.0.0.1:4001/token', true],
    ['http://127.0.0.1:4000', 'http://127.0.0.2:4000/token', false],
    ['http://127.0.0.1:4000', 'http://localhost:4000/token', false],
    ['http://localhost:4000', 'http://evil.localhost:4000/token', false],
    ['http://[::1]:4000', 'http://[::1]:4001/token', true],
    ['http://127.0.0.1:4000', 'https://evil.com/token', false],
  ])('%s to %s: %s', (server, url, expected) => {
    expect(URL.canParse(url) && isHeldTo(new URL(url), parseServer(server))).toBe(expected);
  });
});

test('heldEndpoint names both hosts', async () => {
  const server = parseServer('edge.example.com');
  expect(heldEndpoint('https://AUTH.example.com', server, 'token_url')).toBe('https://auth.example.com/');
  expect(await failure(() => heldEndpoint('https://evil.com/x', server, 'token_url'))).toEqual({
    code: 'bad_answer',
    message: 'The login discovery of edge.example.com points elsewhere: token_url is at https://evil.com',
  });
  for (const bad of ['', '/token', 'token', `https://edge.example.com/${'x'.repeat(3000)}`]) {
    expect(await failure(() => heldEndpoint(bad, server, 'token_url'))).toEqual({
      code: 'bad_answer',
      message: 'The login discovery of edge.example.com has no usable URL in token_url',
    });
  }
});
