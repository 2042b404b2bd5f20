import { expect, test } from 'vitest';
import { failure } from '../../net/net.testing.ts';
import { parseServer } from '../../store/server.ts';
import { controlPlaneOf, edgeOf } from './edge.ts';

test.each([
  [undefined, 'beamd.run', 'beamd.run', {}],
  ['https://Edge1.beamd.run:443/', 'beamd.run', 'edge1.beamd.run', { controlPlane: 'beamd.run' }],
  ['edge.mycompany.com:8443', 'beamd.run', 'edge.mycompany.com:8443', { controlPlane: 'beamd.run' }],
  ['https://beamd.run', 'beamd.run', 'beamd.run', {}],
  ['http://127.0.0.1:5000', 'http://127.0.0.1:4000', 'http://127.0.0.1:5000', { controlPlane: 'http://127.0.0.1:4000' }],
  ['edge.example.com', 'http://127.0.0.1:4000', 'edge.example.com', { controlPlane: 'http://127.0.0.1:4000' }],
])('%s, asked at %s', (named, asked, name, plane) => {
  const edge = edgeOf(named, parseServer(asked));
  expect([edge.name, controlPlaneOf(edge, parseServer(asked))]).toEqual([name, plane]);
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
