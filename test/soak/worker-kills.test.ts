/** The full count of kills of what refreshes, on a server that ends a session when a refresh token is used twice. */
import { watch } from 'node:fs';
import { expect, test } from 'vitest';
import { startBeamAuthEdge } from '../../sandbox/testing.ts';
import { accountsFolder } from '../../src/store/paths.ts';
import { figure, homesOf, p99 } from '../support/agent.ts';
import { logIn } from '../support/login.ts';
import { closing } from '../support/together.ts';
import { isAlive, killAfterAnswer, killBoth, killWorkers, refreshAnswered } from '../support/worker-kills.ts';
import { createWorld } from '../support/world.ts';

const keep = closing();

const zeroGrace = async () => {
  const edge = keep(await startBeamAuthEdge({ grace: 0 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  return { edge, world };
};

test('from the answer to the disk', async () => {
  const { edge, world } = await zeroGrace();
  const written: number[] = [];
  const renamed: number[] = [];
  const seen = { written: 0, renamed: 0 };
  const watcher = watch(accountsFolder(homesOf(world)), (event, name) => {
    if (event === 'change' && name?.endsWith('.tmp') === true) seen.written ||= performance.now();
    if (event === 'rename' && name?.endsWith('.yaml') === true) seen.renamed = performance.now();
  });
  for (let round = 0; round < 100; round += 1) {
    const { worker, answered } = await refreshAnswered(world, edge);
    seen.written = 0;
    await worker.said;
    written.push(seen.written - answered);
    renamed.push(seen.renamed - answered);
  }
  watcher.close();
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
  figure('ms from the answer to the write', { median: median(written), p99: p99(written) });
  figure('ms from the answer to the rename', { median: median(renamed), p99: p99(renamed) });
});

test('200 kills of the worker at random moments lose at most one session', async () => {
  const { edge, world } = await zeroGrace();
  const { losses, ...counts } = await killWorkers(world, edge, 200);
  for (const after of losses) figure('a session lost by a kill', { 'ms after the answer': after });
  figure('kills of the worker at random moments', counts);
  expect(counts.lost).toBeLessThanOrEqual(1);
});

test('60 kills of the worker from 5 ms after the answer on lose at most one session', async () => {
  const { edge, world } = await zeroGrace();
  const { losses, ...counts } = await killAfterAnswer(world, edge, 60, () => 5 + Math.random() * 30);
  for (const after of losses) figure('a session lost by a kill', { 'ms after the answer': after });
  figure('kills of the worker from 5 ms after the answer on', counts);
  expect(counts.lost).toBeLessThanOrEqual(1);
  expect(await isAlive(world, edge)).toBe(true);
});

test('100 kills of the agent and its worker together lose at most one session', async () => {
  const { edge, world } = await zeroGrace();
  const { losses, ...counts } = await killBoth(world, edge, 100);
  for (const after of losses) figure('a session lost by a kill', { 'ms after the answer': after });
  figure('kills of the agent and its worker together', counts);
  expect(counts.lost).toBeLessThanOrEqual(1);
});
