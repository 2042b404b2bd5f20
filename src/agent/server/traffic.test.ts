import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { encodeRequest } from '../protocol/messages.ts';
import type { LogEvent } from './log-line.ts';
import { Traffic, clientsFor } from './traffic.ts';

let folder: string;
let server: Server;
let path: string;
let answers: (() => void)[];
const clients: Socket[] = [];
const logged: [LogEvent, unknown][] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'traffic-'));
  path = join(folder, 'sock');
  answers = [];
  logged.length = 0;
  const answer = (): Promise<unknown> => new Promise((resolve) => answers.push(() => resolve({})));
  const traffic = new Traffic(
    answer,
    systemClock,
    { write: (event, detail) => void logged.push([event, detail]), catchUp: () => undefined },
    undefined,
    2,
  );
  server = createServer((socket) => traffic.serve(socket)).listen(path);
  await once(server, 'listening');
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  server.close();
  await once(server, 'close');
  rmSync(folder, { recursive: true });
});

async function client(): Promise<Socket> {
  const socket = connect(path).resume();
  clients.push(socket);
  await once(server, 'connection');
  return socket;
}

async function call(socket: Socket): Promise<void> {
  const before = answers.length;
  socket.write(encodeRequest({ id: 1, method: 'token', params: {} }));
  while (answers.length === before) await new Promise(setImmediate);
}

test('the connection that has rested for longest makes room for the next one', async () => {
  const first = await client();
  const second = await client();
  await call(first);
  answers.shift()?.();
  await once(first, 'data');
  const gone = once(second, 'close');
  const third = await client();
  await gone;
  await call(third);
  expect([first.destroyed, third.destroyed]).toEqual([false, false]);
  expect(logged).toEqual([['connection refused', { reason: 'made room' }]]);
});

test('one that never said anything makes room before one that did', async () => {
  const known = await client();
  await call(known);
  answers.shift()?.();
  await once(known, 'data');
  const silent = await client();
  const gone = once(silent, 'close');
  await client();
  await gone;
  expect(known.destroyed).toBe(false);
});

test('a call that is under way makes room for nobody: who comes next is refused', async () => {
  const [first, second] = [await client(), await client()];
  await call(first);
  await call(second);
  const third = await client();
  await once(third, 'close');
  for (const answer of answers.splice(0)) answer();
  await Promise.all([once(first, 'data'), once(second, 'data')]);
  expect(logged).toEqual([['connection refused', { reason: 'too many' }]]);
});

test.each([
  [64, 32],
  [256, 192],
  [1_024, 960],
  [1_048_576, 4_096],
])('%i descriptors are enough for %i clients', (descriptors, clientsAtOnce) => {
  expect(clientsFor(descriptors)).toBe(clientsAtOnce);
});
