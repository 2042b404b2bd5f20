/** A refreshed session is kept, whatever happens to the worker, the disk or the program between the answer and the file. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT, startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { parseResponse } from '../../src/agent/protocol/messages.ts';
import { accountFile, accountsFolder, agentLog } from '../../src/store/paths.ts';
import { homesOf, keyOf, until } from '../support/agent.ts';
import { logIn, succeeded } from '../support/login.ts';
import { closingWith } from '../support/together.ts';
import { isAlive, refreshAsked, startRefresh } from '../support/worker-kills.ts';
import { createWorld, NODE, type World } from '../support/world.ts';

const outcome = (edge: BeamAuthEdge): object => ({ refused: edge.counters.refusedRefreshes, live: edge.liveSessions() });
const KEPT = { refused: 0, live: 1 };

const temporaryIn = (world: World): string[] =>
  readdirSync(accountsFolder(homesOf(world))).filter((name) => name.endsWith('.tmp'));

/** Puts something in the account file's way; what is returned takes it away. */
function inTheWay(world: World, edge: BeamAuthEdge): () => void {
  const file = accountFile(homesOf(world), keyOf(edge));
  renameSync(file, `${file}.away`);
  mkdirSync(file);
  return () => {
    rmdirSync(file);
    renameSync(`${file}.away`, file);
  };
}

test.concurrent('a worker killed as soon as it has written what it was answered loses nothing, 10 times', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge({ grace: 0 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  for (let round = 0; round < 10; round += 1) {
    const { worker, answer } = await refreshAsked(world, edge);
    const watcher = watch(accountsFolder(homesOf(world)));
    const written = new Promise((resolve) => watcher.once('change', resolve));
    await answer();
    await written;
    worker.kill();
    watcher.close();
    await worker.said;
    expect(await isAlive(world, edge)).toBe(true);
  }
  expect(outcome(edge)).toEqual(KEPT);
});

test.concurrent('where the disk does not take it, the token is given, and the session stored once it can be', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge({ grace: 0 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  const before = edge.counters.refreshes;
  const { worker, answer } = await refreshAsked(world, edge);
  const clear = inTheWay(world, edge);
  await answer();
  const response = parseResponse(await worker.output);
  expect(response).toMatchObject({ result: { access_token: expect.stringMatching(/^bat_/) as unknown } });
  expect(temporaryIn(world)).toHaveLength(1);
  clear();
  await worker.said;
  expect(temporaryIn(world)).toEqual([]);
  // What is stored is what was answered: nobody has to ask the server.
  const token = succeeded(await world.run('beamd', ['token'], { env: { BEAMD_NO_AGENT: '1' } })).stdout.trim();
  expect(response).toMatchObject({ result: { access_token: token } });
  expect(edge.counters.refreshes - before).toBe(1);
  expect(await isAlive(world, edge)).toBe(true);
});

test.concurrent('a worker that is killed while the disk does not take it leaves it to the next one', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge({ grace: 0 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  const { worker, answer } = await refreshAsked(world, edge);
  const clear = inTheWay(world, edge);
  await answer();
  await worker.output;
  worker.kill();
  await worker.said;
  clear();
  expect(await isAlive(world, edge)).toBe(true);
  expect([outcome(edge), temporaryIn(world)]).toEqual([KEPT, []]);
});

test.concurrent('a worker that is frozen while it is answered, and told to go on later, loses nothing', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge({ grace: 0 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  const { worker, answer } = await refreshAsked(world, edge);
  process.kill(worker.pid, 'SIGSTOP');
  await answer();
  process.kill(worker.pid, 'SIGCONT');
  expect(parseResponse(await worker.said)).toHaveProperty('result');
  expect(await isAlive(world, edge)).toBe(true);
  expect(outcome(edge)).toEqual(KEPT);
});

interface Installed {
  /** The installed programs, which an update takes away. */
  readonly dist: string;
  readonly beamd: (...args: string[]) => Promise<string>;
}

/** A copy of the product, to be updated. */
function install(world: World): Installed {
  const folder = join(world.root, 'installed');
  for (const name of ['bin', 'dist']) cpSync(join(PACKAGE_ROOT, name), join(folder, name), { recursive: true });
  const bin = join(folder, 'bin', 'beamd.js');
  return {
    dist: join(folder, 'dist'),
    beamd: async (...args) => {
      const { stdout } = await promisify(execFile)(NODE, [bin, ...args], { env: world.env, cwd: world.work });
      return stdout;
    },
  };
}

test.concurrent('programs that are taken away while a refresh is under way lose nothing', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge({ grace: 0 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  const { dist } = install(world);
  const { worker, answer } = await refreshAsked(world, edge, join(dist, 'worker.cjs'));
  renameSync(dist, `${dist}.old`);
  await answer();
  expect(parseResponse(await worker.said)).toHaveProperty('result');
  expect(await isAlive(world, edge)).toBe(true);
  expect(outcome(edge)).toEqual(KEPT);
});

test.concurrent('an agent whose programs were replaced ends, and the call that found out is answered', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge({ grace: 0, expiresIn: 1 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  const { beamd, dist } = install(world);
  expect(await beamd('token')).toMatch(/^bat_/);
  const [agent] = world.agents();
  edge.setExpiresIn(3600);
  // The update: what the agent was started from is there no more, and the command is another copy.
  renameSync(dist, `${dist}.old`);
  await sleep(1_100);
  const called = await world.beamd('token');
  expect([called.code, called.stdout.slice(0, 4)]).toEqual([0, 'bat_']);
  await until(() => !world.agents().some(({ pid }) => pid === agent?.pid));
  expect(readFileSync(agentLog(homesOf(world), keyOf(edge)), 'utf8')).toContain(' outdated ');
  expect(succeeded(await world.beamd('token')).stdout).toBe(called.stdout);
  expect(outcome(edge)).toEqual(KEPT);
});

test.concurrent('a worker takes no job of another version', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  await logIn(world, edge);
  const said = await startRefresh(world, edge, { version: '0.0.1-other' }).said;
  expect(parseResponse(said)).toMatchObject({ error: { code: 'agent_outdated' } });
  expect(edge.counters.refreshes).toBe(0);
});
