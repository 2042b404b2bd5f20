/** A refreshed session is kept, whatever happens to the worker, the disk or the program between the answer and the file. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { BeamAuthEdge } from '../../sandbox/testing.ts';
import { parseResponse } from '../../src/agent/protocol/messages.ts';
import { accountFile, accountsFolder, agentLog } from '../../src/store/paths.ts';
import { install } from '../support/install.ts';
import { keyOf } from '../support/agent.ts';
import { until } from '../support/measure.ts';
import { expireSession, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { isAlive, refreshAsked, startRefresh, zeroGrace } from '../support/worker-kills.ts';
import { startEdgeUser } from '../support/edge.ts';
import type { CliUser } from '../support/cli-user.ts';

const outcome = (edge: BeamAuthEdge): object => ({ refused: edge.counters.refusedRefreshes, live: edge.liveSessions() });
const KEPT = { refused: 0, live: 1 };

const temporaryIn = (user: CliUser): string[] => readdirSync(accountsFolder(user.homes)).filter((name) => name.endsWith('.tmp'));

/** Puts something in the account file's way; what is returned takes it away. */
function inTheWay(user: CliUser, edge: BeamAuthEdge): () => void {
  const file = accountFile(user.homes, keyOf(edge));
  renameSync(file, `${file}.away`);
  mkdirSync(file);
  return () => {
    rmdirSync(file);
    renameSync(`${file}.away`, file);
  };
}

test.concurrent(
  'a worker killed as soon as it has written what it was answered loses nothing, 10 times',
  async ({ onTestFinished }) => {
    const { edge, user } = await zeroGrace(cleanup(onTestFinished));
    for (let round = 0; round < 10; round += 1) {
      const { worker, answer } = await refreshAsked(user, edge);
      const watcher = watch(accountsFolder(user.homes));
      const written = new Promise((resolve) => watcher.once('change', resolve));
      await answer();
      await written;
      worker.kill();
      watcher.close();
      await worker.said;
      expect(await isAlive(user, edge)).toBe(true);
    }
    expect(outcome(edge)).toEqual(KEPT);
  },
);

test.concurrent(
  'where the disk does not take it, the token is given, and the session stored once it can be',
  async ({ onTestFinished }) => {
    const { edge, user } = await zeroGrace(cleanup(onTestFinished));
    const before = edge.counters.refreshes;
    const { worker, answer } = await refreshAsked(user, edge);
    const clear = inTheWay(user, edge);
    await answer();
    const response = parseResponse(await worker.output);
    expect(response).toMatchObject({ result: { access_token: expect.stringMatching(/^bat_/) as unknown } });
    expect(temporaryIn(user)).toHaveLength(1);
    clear();
    await worker.said;
    expect(temporaryIn(user)).toEqual([]);
    // What is stored is what was answered: nobody has to ask the server.
    const token = succeeded(await user.run('beamd', ['token'], { env: { BEAMD_NO_AGENT: '1' } })).stdout.trim();
    expect(response).toMatchObject({ result: { access_token: token } });
    expect(edge.counters.refreshes - before).toBe(1);
    expect(await isAlive(user, edge)).toBe(true);
  },
);

test.concurrent(
  'a worker that is killed while the disk does not take it leaves it to the next one',
  async ({ onTestFinished }) => {
    const { edge, user } = await zeroGrace(cleanup(onTestFinished));
    const { worker, answer } = await refreshAsked(user, edge);
    const clear = inTheWay(user, edge);
    await answer();
    await worker.output;
    worker.kill();
    await worker.said;
    clear();
    expect(await isAlive(user, edge)).toBe(true);
    expect([outcome(edge), temporaryIn(user)]).toEqual([KEPT, []]);
  },
);

test.concurrent(
  'a worker that is frozen while it is answered, and told to go on later, loses nothing',
  async ({ onTestFinished }) => {
    const { edge, user } = await zeroGrace(cleanup(onTestFinished));
    const { worker, answer } = await refreshAsked(user, edge);
    process.kill(worker.pid, 'SIGSTOP');
    await answer();
    process.kill(worker.pid, 'SIGCONT');
    expect(parseResponse(await worker.said)).toHaveProperty('result');
    expect(await isAlive(user, edge)).toBe(true);
    expect(outcome(edge)).toEqual(KEPT);
  },
);

test.concurrent('programs that are taken away while a refresh is under way lose nothing', async ({ onTestFinished }) => {
  const { edge, user } = await zeroGrace(cleanup(onTestFinished));
  const { programs, remove } = await install(join(user.root, 'installed'));
  const { worker, answer } = await refreshAsked(user, edge, programs.worker);
  remove();
  await answer();
  expect(parseResponse(await worker.said)).toHaveProperty('result');
  expect(await isAlive(user, edge)).toBe(true);
  expect(outcome(edge)).toEqual(KEPT);
});

test.concurrent(
  'an agent whose programs were replaced ends, and the call that found out is answered',
  async ({ onTestFinished }) => {
    const { edge, user } = await zeroGrace(cleanup(onTestFinished));
    const { command, remove } = await install(join(user.root, 'installed'));
    const [file, ...words] = command('beamd');
    const first = await promisify(execFile)(file, [...words, 'token'], { env: user.env, cwd: user.work });
    expect(first.stdout).toMatch(/^bat_/);
    const [agent] = user.agents();
    // The update: what the agent was started from is there no more, and the command is another copy.
    remove();
    await expireSession(user, edge);
    const called = await user.beamd('token');
    expect([called.code, called.stdout.slice(0, 4)]).toEqual([0, 'bat_']);
    await until(() => !user.agents().some(({ pid }) => pid === agent?.pid));
    expect(readFileSync(agentLog(user.homes, keyOf(edge)), 'utf8')).toContain(' outdated ');
    expect(succeeded(await user.beamd('token')).stdout).toBe(called.stdout);
    expect(outcome(edge)).toEqual(KEPT);
  },
);

test.concurrent('a worker takes no job of another version', async ({ onTestFinished }) => {
  const keep = cleanup(onTestFinished);
  const { edge, user } = await startEdgeUser(keep);
  const said = await startRefresh(user, edge, { version: '0.0.1-other' }).said;
  expect(parseResponse(said)).toMatchObject({ error: { code: 'agent_outdated' } });
  expect(edge.counters.refreshes).toBe(0);
});
