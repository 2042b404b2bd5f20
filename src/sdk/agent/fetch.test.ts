/** The `fetch` with a token, over real connections: where a redirect may lead, and that no answer is left unread. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import { BeamError } from '../../errors.ts';
import { bearerFetch } from './fetch.ts';

/** More than a connection holds by itself: whoever does not read it keeps the connection. */
const LONG = 'x'.repeat(4_000_000);
const token = randomBytes(12).toString('hex');

let origin: string;
let asked: string[];
let sockets: Set<Socket>;
let close: () => Promise<unknown>;

/** The status is the path, and the query where the answer leads to. */
const partsOf = ({ url = '' }: IncomingMessage): [number, string | undefined] => {
  const [path = '', location] = url.slice(1).split('?', 2);
  return [Number(path), location === undefined ? undefined : decodeURIComponent(location)];
};

beforeEach(async () => {
  asked = [];
  sockets = new Set();
  const server = createServer((request, response) => {
    const [status, location] = partsOf(request);
    asked.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`);
    response.writeHead(status, location === undefined ? {} : { location });
    response.end(status === 200 ? '' : LONG);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
});
afterEach(() => close());

const problem = new BeamError('network', 'The server cannot be reached');
const own = () =>
  bearerFetch({
    fetch,
    origins: [origin],
    token: ({ refused }) => (refused === undefined ? Promise.resolve(token) : Promise.reject(problem)),
  });
const bearer = `Bearer ${token}`;

it.each([
  ['the same host in other words', (port: string) => `http://127.1:${port}/200`, true],
  ['a password', (port: string) => `http://user:word@127.0.0.1:${port}/200`, false],
  ['a user', (port: string) => `http://user@127.0.0.1:${port}/200`, false],
  ['another name of the host', (port: string) => `http://localhost:${port}/200`, false],
  ['another scheme', (port: string) => `https://127.0.0.1:${port}/200`, false],
  ['no address', () => 'http:///', false],
  ['no page', () => 'javascript:alert(1)', false],
])('a redirect to %s is followed, or is the answer', async (_, to, followed) => {
  const first = `/302?${encodeURIComponent(to(new URL(origin).port))}`;
  const answer = await own()(`${origin}${first}`);
  expect(answer.status).toBe(followed ? 200 : 302);
  await answer.body?.cancel();
  expect(asked).toEqual([`${first} ${bearer}`, ...(followed ? [`/200 ${bearer}`] : [])]);
});

it('lets go of an answer that it does not give, whatever it throws instead', async () => {
  const refused = own()(`${origin}/401`);
  await expect(refused).rejects.toBe(problem);
  await expect(own()(`${origin}/302?${encodeURIComponent('/200')}`, { redirect: 'error' })).rejects.toThrow(TypeError);
  // What is read to its end or given up leaves no connection that waits for its reader.
  while (sockets.size > 0) await Promise.race([...sockets].map((socket) => new Promise((gone) => socket.once('close', gone))));
  expect(asked).toHaveLength(2);
});
