/** The full counts of many, slow and hostile clients. Run on a machine that does nothing else. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SelfHostedEdge } from '../../sandbox/testing.ts';
import type { RemoteAgent } from '../../src/agent/client/client.ts';
import type { SocketPath } from '../../src/agent/protocol/socket-path.ts';
import { openFiles, residentMegabytes, socketOf, startAgent } from '../support/agent.ts';
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

test('1,000 clients at once: none fails, and 99 of 100 have their token within 300 ms', async () => {
  for (let warmUp = 0; warmUp < 3; warmUp += 1) await clientsAtOnce(path, 1_000);
  const rounds: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const { durations, errors } = await clientsAtOnce(path, 1_000);
    expect(errors).toBe(0);
    rounds.push(p99(durations));
  }
  const [best = NaN, , , median = NaN, , , worst = NaN] = rounds.toSorted((a, b) => a - b);
  figure('1,000 clients at once: p99 of 7 rounds, ms', { best, median, worst, errors: 0 });
  expect(median).toBeLessThan(300);
});

test('beside 500 clients that drip, 99 of 100 calls take less than 10 ms', async () => {
  const drips = await drip(path, 500);
  await clientsInTurn(path, 200);
  const { durations, errors } = await clientsInTurn(path, 2_000);
  drips.close();
  figure('calls beside 500 drip clients', { p99: p99(durations), errors });
  expect(errors).toBe(0);
  expect(p99(durations)).toBeLessThan(10);
});

test.skipIf(process.platform !== 'linux')(
  '30,000 malformed frames after a warm-up of 10,000: at most 4 MB more memory, no descriptor',
  async () => {
    const { pid } = agent.info;
    expect(await badFrames(path, 10_000)).toBe(0);
    const before = { memory: residentMegabytes(pid), files: openFiles(pid) };
    expect(await badFrames(path, 30_000)).toBe(0);
    await until(() => openFiles(pid) <= before.files);
    const growth = residentMegabytes(pid) - before.memory;
    figure('30,000 malformed frames', { before: before.memory, growth, files: openFiles(pid) - before.files });
    expect(growth).toBeLessThanOrEqual(4);
    expect(await agent.hello()).toEqual(agent.info);
  },
);

test.skipIf(process.platform !== 'linux')(
  'a minute of 1,000 new connections a second with a request over HTTP each, after as long a warm-up: no error, less than 4 MB more',
  async () => {
    const { pid } = agent.info;
    expect(await askAnew(path, 1_000, 60)).toEqual({ 200: 60_000 });
    const before = { memory: residentMegabytes(pid), files: openFiles(pid) };
    expect(await askAnew(path, 1_000, 60)).toEqual({ 200: 60_000 });
    await until(() => openFiles(pid) <= before.files);
    const growth = residentMegabytes(pid) - before.memory;
    figure('a minute of 1,000 connections a second', { before: before.memory, growth });
    expect(growth).toBeLessThan(4);
  },
);
