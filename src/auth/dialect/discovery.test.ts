import { describe, expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { parseServer } from '../../store/server.ts';
import { controlPlaneOf, edgeOf, isAt, pinnedEndpoint } from './discovery.ts';

describe('isAt', () => {
  test.each([
    ['edge.example.com', 'https://edge.example.com/token', true],
    ['edge.example.com', 'https://EDGE.example.com:443/token', true],
    ['edge.example.com:8443', 'https://edge.example.com:8443/token', true],
    ['edge.co.uk', 'https://edge.co.uk/token', true],
    ['[2001:db8::1]', 'https://[2001:db8:0:0:0:0:0:1]/token', true],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000/token', true],
    ['http://[::1]:4000', 'http://[::1]:4000/token', true],
    // another port is another server: on a shared machine it is another user's
    ['edge.example.com', 'https://edge.example.com:8443/token', false],
    ['edge.example.com:8443', 'https://edge.example.com/token', false],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4001/token', false],
    // a neighbour, a parent or a child is another server too
    ['edge.example.com', 'https://auth.example.com/token', false],
    ['edge.example.com', 'https://example.com/token', false],
    ['edge.example.com', 'https://auth.edge.example.com/token', false],
    ['alice.github.io', 'https://evil.github.io/token', false],
    ['edge.mycompany.co.uk', 'https://evil.co.uk/token', false],
    // elsewhere
    ['edge.example.com', 'https://evil.com/token', false],
    ['edge.example.com', 'https://evilexample.com/token', false],
    ['edge.example.com', 'https://edge.example.com.evil.com/token', false],
    ['edge.example.com', 'https://edge.example.com./token', false],
    ['edge.example.com', 'https://edge.example.com@evil.com/token', false],
    ['edge.example.com', 'https://u:p@edge.example.com/token', false],
    // plain http, other schemes, addresses
    ['edge.example.com', 'http://edge.example.com/token', false],
    ['edge.example.com', 'http://127.0.0.1/token', false],
    ['edge.example.com', 'https://127.0.0.1/token', false],
    ['edge.example.com', 'javascript:alert(1)', false],
    ['edge.example.com', 'blob:https://edge.example.com/1', false],
    ['10.0.0.1', 'https://11.0.0.1/token', false],
    ['http://127.0.0.1:4000', 'https://127.0.0.1:4000/token', false],
    ['http://127.0.0.1:4000', 'http://127.0.0.2:4000/token', false],
    ['http://127.0.0.1:4000', 'http://localhost:4000/token', false],
  ])('%s to %s: %s', (server, url, expected) => {
    expect(isAt(new URL(url), parseServer(server))).toBe(expected);
  });
});

describe('pinnedEndpoint', () => {
  const server = parseServer('edge.example.com');

  test('names both hosts', async () => {
    expect(pinnedEndpoint('https://EDGE.example.com', server, 'token_url')).toBe('https://edge.example.com/');
    expect(await failure(() => pinnedEndpoint('https://evil.com/x', server, 'token_url'))).toEqual({
      code: 'bad_answer',
      message: 'The login discovery of edge.example.com points elsewhere: token_url is at https://evil.com',
    });
  });

  test('takes any of the servers that are pinned, and no other', async () => {
    const pinned = [parseServer('beamd.example'), parseServer('edge.example.org:8443')];
    for (const url of ['https://beamd.example/token', 'https://edge.example.org:8443/token']) {
      expect(pinnedEndpoint(url, server, 'token_url', pinned)).toBe(url);
    }
    expect(await failure(() => pinnedEndpoint('https://edge.example.com/', server, 'token_url', pinned))).toMatchObject({
      code: 'bad_answer',
    });
  });

  test.each(['', '/token', 'token', `https://edge.example.com/${'x'.repeat(3000)}`])('%j is no URL', async (bad) => {
    expect(await failure(() => pinnedEndpoint(bad, server, 'token_url'))).toEqual({
      code: 'bad_answer',
      message: 'The login discovery of edge.example.com has no usable URL in token_url',
    });
  });
});

describe('edgeOf', () => {
  test.each([
    [undefined, 'beamd.run', 'beamd.run', {}],
    ['https://Edge1.beamd.run:443/', 'beamd.run', 'edge1.beamd.run', { controlPlane: 'beamd.run' }],
    ['edge.mycompany.com:8443', 'beamd.run', 'edge.mycompany.com:8443', { controlPlane: 'beamd.run' }],
    ['https://beamd.run', 'beamd.run', 'beamd.run', {}],
    ['http://127.0.0.1:5000', 'http://127.0.0.1:4000', 'http://127.0.0.1:5000', { controlPlane: 'http://127.0.0.1:4000' }],
    ['https://127.0.0.1:4000', 'http://127.0.0.1:4000', '127.0.0.1:4000', { controlPlane: 'http://127.0.0.1:4000' }],
    ['edge.example.com', 'http://127.0.0.1:4000', 'edge.example.com', { controlPlane: 'http://127.0.0.1:4000' }],
  ])('%s, given by %s', (named, giver, name, plane) => {
    const edge = edgeOf(named, parseServer(giver));
    expect([edge.name, controlPlaneOf(edge, parseServer(giver))]).toEqual([name, plane]);
  });

  test.each([
    'http://127.0.0.1:4000',
    'localhost',
    'https://[::1]',
    'http://edge.example.com',
    'u:p@edge.example.com',
    'a b',
    '../x',
  ])('beamd.run cannot name %s', async (named) => {
    expect(await failure(() => edgeOf(named, parseServer('beamd.run')))).toEqual({
      code: 'bad_answer',
      message: 'The token answer of beamd.run names an edge that cannot be used',
    });
  });
});
