/** Clients that are many, slow or hostile, in small counts; test/soak has the full ones. */
import { readFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SelfHostedEdge } from '../../sandbox/testing.ts';
import type { RemoteAgent } from '../../src/agent/client/client.ts';
import type { SocketPath } from '../../src/agent/protocol/socket-path.ts';
import { agentLog } from '../../src/store/paths.ts';
import { keyOf, openFiles, residentMegabytes, socketOf, startAgent } from '../support/agent.ts';
import { figure, p99, until } from '../support/measure.ts';
import { askAnew, badFrames, clientsAtOnce, clientsInTurn, drip } from '../support/many-clients.ts';
import { cleanup } from '../support/cleanup.ts';
import { startTokenUser } from '../support/edge.ts';
import type { CliUser } from '../support/cli-user.ts';

const keep = cleanup(afterAll);
let edge: SelfHostedEdge;
let user: CliUser;
let agent: RemoteAgent;
let path: SocketPath;

beforeAll(async () => {
  ({ edge, user } = await startTokenUser(keep));
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
  'malformed frames cost no memory that is not given back, no descriptor and few lines of the log',
  async () => {
    const { pid } = agent.info;
    const files = openFiles(pid);
    // Until the heap is as large as it gets each round may cost something; what leaked would cost it every time.
    const growths: number[] = [];
    for (let growth = Infinity; growth > 2 && growths.length < 20; growths.push(growth)) {
      const before = residentMegabytes(pid);
      expect(await badFrames(path, 1_000)).toBe(0);
      growth = residentMegabytes(pid) - before;
    }
    figure('rounds of 1,000 malformed frames', { rounds: growths.length, last: growths.at(-1) ?? NaN });
    expect(growths.at(-1)).toBeLessThanOrEqual(2);
    await until(() => openFiles(pid) <= files);
    const log = readFileSync(agentLog(user.homes, keyOf(edge)), 'utf8');
    expect(log).toContain('connection refused reason=not a request\n');
    // It counts them and tells now and then.
    expect(log.split('\n').length).toBeLessThan(growths.length * 50);
    expect(await agent.hello()).toEqual(agent.info);
  },
);

test.skipIf(process.platform !== 'linux')(
  'a new connection for each request over HTTP: no error, and no memory that is kept',
  async () => {
    const { pid } = agent.info;
    const files = openFiles(pid);
    const growths: number[] = [];
    for (let growth = Infinity; growth > 2 && growths.length < 20; growths.push(growth)) {
      const before = residentMegabytes(pid);
      expect(await askAnew(path, 1_000, 2)).toEqual({ 200: 2_000 });
      growth = residentMegabytes(pid) - before;
    }
    figure('rounds of 2,000 connections with a request each', { rounds: growths.length, last: growths.at(-1) ?? NaN });
    expect(growths.at(-1)).toBeLessThanOrEqual(2);
    await until(() => openFiles(pid) <= files);
  },
);

test.skipIf(process.platform !== 'linux')('a client that asks and never reads is not answered into memory', async () => {
  const { pid } = agent.info;
  const before = residentMegabytes(pid);
  const socket = connectSocket(path.socket).pause();
  socket.on('error', () => undefined);
  keep({ close: () => socket.destroy() });
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
  expect(await agent.hello()).toEqual(agent.info);
});
