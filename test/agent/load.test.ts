/** Clients that are many, slow or hostile, in small counts; test/soak has the full ones. */
import { readFileSync, statSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSelfHostedEdge, type SelfHostedEdge } from '../../sandbox/testing.ts';
import type { RemoteAgent } from '../../src/agent/client/client.ts';
import type { SocketPath } from '../../src/agent/protocol/socket-path.ts';
import { agentLog } from '../../src/store/paths.ts';
import { keyOf, openFiles, residentMegabytes, socketOf, startAgent } from '../support/agent.ts';
import { figure, p99, until } from '../support/measure.ts';
import { badFrames, clientsAtOnce, clientsInTurn, drip } from '../support/many-clients.ts';
import { logInWithToken } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

const keep = cleanup(afterAll);
let edge: SelfHostedEdge;
let user: CliUser;
let agent: RemoteAgent;
let path: SocketPath;

beforeAll(async () => {
  edge = keep(await startSelfHostedEdge());
  user = keep(createCliUser());
  await logInWithToken(user, edge.origin, edge.token);
  agent = keep(await startAgent(user, edge));
  path = await socketOf(user, edge);
});

test('300 clients at once all get their token', async () => {
  const { durations, errors } = await clientsAtOnce(path, 300);
  figure('300 clients at once', { p99: p99(durations), errors });
  expect(errors).toBe(0);
});

test('clients that drip hold nobody up', async () => {
  const drips = await drip(path, 100);
  const { durations, errors } = await clientsInTurn(path, 100);
  drips.close();
  figure('calls beside 100 drip clients', { p99: p99(durations), errors });
  // Whoever is held up is cut off at its deadline, which is an error.
  expect(errors).toBe(0);
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
    const log = agentLog(user.homes, keyOf(edge));
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
  let taken = true;
  socket.on('drain', () => {
    taken = true;
  });
  let sent = 0;
  for (; taken && sent < 64; sent += line.length / 1024 / 1024) {
    taken = socket.write(line);
    // It answers others in turn with what it takes from this one: after so many turns it takes no more.
    for (let turn = 0; turn < 200 && !taken; turn += 1) await agent.hello();
  }
  expect(taken).toBe(false);
  figure('a client that does not read', { sent, growth: residentMegabytes(pid) - before });
  expect(residentMegabytes(pid) - before).toBeLessThan(24);
  expect(await agent.hello()).toEqual(agent.info);
  socket.destroy();
});
