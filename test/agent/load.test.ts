/** Clients that are many, slow or hostile, in small counts; test/soak has the full ones. */
import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSelfHostedEdge, type SelfHostedEdge } from '../../sandbox/testing.ts';
import type { RemoteAgent } from '../../src/agent/client/client.ts';
import type { SocketPath } from '../../src/agent/protocol/socket-path.ts';
import { agentLog } from '../../src/store/paths.ts';
import { figure, homesOf, keyOf, openFiles, p99, residentMegabytes, socketOf, startAgent, until } from '../support/agent.ts';
import { badFrames, clientsAtOnce, clientsInTurn, drip } from '../support/agent-load.ts';
import { logInWithToken } from '../support/login.ts';
import { createWorld, type World } from '../support/cli-user.ts';

let edge: SelfHostedEdge;
let world: World;
let agent: RemoteAgent;
let path: SocketPath;

beforeAll(async () => {
  edge = await startSelfHostedEdge();
  world = createWorld();
  await logInWithToken(world, edge.origin, edge.token);
  agent = await startAgent(world, edge);
  path = await socketOf(world, edge);
});
afterAll(async () => {
  agent.close();
  await world.close();
  await edge.close();
});

test('300 clients at once all get their token', async () => {
  const { durations, errors } = await clientsAtOnce(path, 300);
  figure('300 clients at once', { p99: p99(durations), errors });
  expect(errors).toBe(0);
  expect(p99(durations)).toBeLessThan(2_000);
});

test('clients that drip hold nobody up', async () => {
  const drips = await drip(path, 100);
  const { durations, errors } = await clientsInTurn(path, 100);
  drips.close();
  figure('calls beside 100 drip clients', { p99: p99(durations), errors });
  expect(errors).toBe(0);
  expect(p99(durations)).toBeLessThan(200);
});

test.skipIf(process.platform !== 'linux')(
  '3,000 malformed frames cost no memory, no descriptor and few lines of the log',
  async () => {
    const { pid } = agent.info;
    expect(await badFrames(path, 1_000)).toBe(0);
    const before = { memory: residentMegabytes(pid), files: openFiles(pid) };
    expect(await badFrames(path, 3_000)).toBe(0);
    await until(() => openFiles(pid) <= before.files);
    const growth = residentMegabytes(pid) - before.memory;
    figure('3,000 malformed frames', { growth, files: openFiles(pid) - before.files });
    // A garbage collection more or less is megabytes: the full run, after a longer warm-up, settles it.
    expect(growth).toBeLessThan(24);
    const log = agentLog(homesOf(world), keyOf(edge));
    expect(statSync(log).size).toBeLessThan(4_096);
    expect(readFileSync(log, 'utf8')).toContain('connection refused reason=not a request\n');
    expect(await agent.hello()).toEqual(agent.info);
  },
);

test.skipIf(process.platform !== 'linux')('a client that asks and never reads is not answered into memory', async () => {
  const { pid } = agent.info;
  const before = residentMegabytes(pid);
  const socket = connectSocket(path.socket).pause();
  const line = Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'token', params: {} })}\n`.repeat(200));
  let accepted = 0;
  while (accepted < 4_000 && socket.write(line, () => (accepted += 1))) await sleep(0);
  await sleep(300);
  const sent = (accepted * line.length) / 1024 / 1024;
  figure('a client that does not read', { sent, growth: residentMegabytes(pid) - before });
  expect(residentMegabytes(pid) - before).toBeLessThan(24);
  expect(await agent.hello()).toEqual(agent.info);
  socket.destroy();
});
