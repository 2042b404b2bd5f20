/** The full count of kills of what refreshes, on a server that ends a session when a refresh token is used twice. */
import { watch } from 'node:fs';
import { expect, test } from 'vitest';
import { accountsFolder } from '../../src/store/paths.ts';
import { figure, p99 } from '../support/measure.ts';
import { expireSession } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import {
  isAlive,
  killAfterAnswer,
  killBoth,
  killWorkers,
  refreshAnswered,
  refreshAsked,
  zeroGrace,
  type Kills,
} from '../support/worker-kills.ts';

const keep = cleanup();

test('from the answer to the disk', async () => {
  const { edge, user } = await zeroGrace(keep);
  const written: number[] = [];
  const renamed: number[] = [];
  const seen = { written: 0, renamed: 0 };
  const watcher = watch(accountsFolder(user.homes), (event, name) => {
    if (event === 'change' && name?.endsWith('.tmp') === true) seen.written ||= performance.now();
    if (event === 'rename' && name?.endsWith('.yaml') === true) seen.renamed = performance.now();
  });
  for (let round = 0; round < 100; round += 1) {
    const { worker, answered } = await refreshAnswered(user, edge);
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

/**
 * Prints the figures. What was on the disk when the kill came may not be lost. How often a kill meets what is stated in SECURITY.md
 * is chance: before the answer it is the server's time, and that of a busy machine; from there to the write it is ours, of a
 * worker's life of some 150 ms 2 or 3. One that reads or loads anything then, as once for 60 ms, loses one session in nine.
 */
function judge(what: string, { losses, ...counts }: Kills, most: number): void {
  for (const { after } of losses) figure('a session lost by a kill', { 'ms after the answer': after });
  const ours = losses.filter(({ after }) => after > 0);
  figure(what, { ...counts, 'lost': losses.length, 'after the answer': ours.length });
  expect(losses.filter(({ written }) => written)).toEqual([]);
  expect(ours.length).toBeLessThanOrEqual(most);
}

test('200 kills of the worker at random moments lose nothing that was written, and few sessions', async () => {
  const { edge, user } = await zeroGrace(keep);
  judge('kills of the worker at random moments', await killWorkers(user, edge, 200), 12);
});

test('60 kills of the worker from 5 ms after the answer on lose nothing that was written, and hardly a session', async () => {
  const { edge, user } = await zeroGrace(keep);
  const kills = await killAfterAnswer(user, edge, 60, () => 5 + Math.random() * 30);
  judge('kills of the worker from 5 ms after the answer on', kills, 3);
  expect(await isAlive(user, edge)).toBe(true);
});

test('100 kills of the agent and its worker together lose nothing that was written, and few sessions', async () => {
  const { edge, user } = await zeroGrace(keep);
  judge('kills of the agent and its worker together', await killBoth(user, edge, 100), 6);
});

test('a holder that has sent and is stopped is waited for, for less than 15 s, and loses nothing', async () => {
  const { edge, user } = await zeroGrace(keep);
  await expireSession(user, edge);
  const { worker, answer } = await refreshAsked(user, edge);
  process.kill(worker.pid, 'SIGSTOP');
  const begun = performance.now();
  expect((await user.run('beamd', ['token'], { env: { BEAMD_NO_AGENT: '1' } })).code).toBe(5);
  figure('ms that a token is waited for while another process has sent', { waited: performance.now() - begun });
  expect((await user.beamd('logout')).code).toBe(5);
  process.kill(worker.pid, 'SIGCONT');
  await answer();
  await worker.said;
  expect([await isAlive(user, edge), edge.counters.refusedRefreshes]).toEqual([true, 0]);
});
