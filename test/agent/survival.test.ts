/** Agents that are killed, stopped, raced or impossible: no session is lost and no command hangs. */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startOAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import type { RemoteAgent } from '../../src/agent/client/client.ts';
import { createWork } from '../../src/agent/worker/create-work.ts';
import { systemClock } from '../../src/clock.ts';
import { createHttp } from '../../src/net/http-client.ts';
import { createAccountStore } from '../../src/store/accounts/account-store.ts';
import { accountFile } from '../../src/store/paths.ts';
import { agentsOf, figure, homesOf, isRoot, keyOf, socketOf, startAgent, until } from '../support/agent.ts';
import { killAgents } from '../support/agent-kill-loop.ts';
import { logIn, succeeded } from '../support/login.ts';
import { tally, tokensAtOnce } from '../support/many-calls.ts';
import { closingWith } from '../support/cleanup.ts';
import { createWorld, type World } from '../support/cli-user.ts';

const ZERO_GRACE = [
  ['a beam-auth edge', 10, () => startBeamAuthEdge({ expiresIn: 1, grace: 0 })],
  ['an OAuth edge', 5, () => startOAuthEdge({ accessTokenTtl: 1, grace: 0 })],
] as const;

for (const [name, kills, start] of ZERO_GRACE) {
  test.concurrent(
    `${kills} SIGKILLs of the agent at random moments of a refresh loop lose no session, at ${name} without reuse grace`,
    async (context) => {
      const keep = closingWith(context);
      const edge = keep(await start());
      const world = keep(createWorld());
      await logIn(world, edge);
      await killAgents(world, edge, kills);
      const last = await world.beamd('token');
      expect({ code: last.code, stderr: last.stderr }).toEqual({ code: 0, stderr: '' });
      figure('kills in refreshes', { kills, rotations: edge.counters.refreshes, lost: 1 - edge.liveSessions() });
      expect({ live: edge.liveSessions(), refused: edge.counters.refusedRefreshes }).toEqual({ live: 1, refused: 0 });
      expect(edge.counters.refreshes).toBeGreaterThanOrEqual(1);
    },
  );
}

test.concurrent(
  '`invalid_grant` for a session that another writer has replaced meanwhile deletes nothing, 20 times',
  async (context) => {
    const keep = closingWith(context);
    const edge = keep(await startBeamAuthEdge());
    const world = keep(createWorld());
    const file = accountFile(homesOf(world), keyOf(edge));
    await logIn(world, edge);
    const first = readFileSync(file);
    edge.endSessions();
    await logIn(world, edge);
    const second = readFileSync(file);
    const { env } = world;
    const accounts = createAccountStore({ homes: homesOf(world), clock: systemClock, env });
    const work = createWork({
      account: keyOf(edge),
      accounts,
      homes: homesOf(world),
      env,
      clock: systemClock,
      http: (more) => createHttp({ env, ...more }),
    });
    const alive = (await work.load())?.accessToken?.reveal();
    let deletions = 0;
    for (let round = 0; round < 20; round += 1) {
      replace(file, first);
      const asked = edge.counters.requests['POST /token'] ?? 0;
      edge.faults.next('POST /token', { delay: 40 });
      const refreshed = work.refresh(undefined);
      await until(() => edge.counters.requests['POST /token'] === asked + 1);
      replace(file, second);
      const loaded = await refreshed;
      if (loaded?.accessToken?.reveal() !== alive || !readFileSync(file).equals(second)) deletions += 1;
    }
    figure('invalid_grant against a second writer', { rounds: 20, deletions });
    expect(deletions).toBe(0);
    // Without a second writer the same answer is believed, and the account stays.
    replace(file, first);
    await expect(work.refresh(undefined)).rejects.toMatchObject({ code: 'session_ended' });
    expect((await accounts.read(keyOf(edge)))?.scopes.length).toBe(3);
  },
);

function replace(file: string, content: Buffer): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

// By itself: it is about seconds.
test('a stopped agent: the token is still given, nothing waits over 3 s, and there is no second agent', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  await logIn(world, edge);
  const agent = await startAgent(world, edge);
  const { accessToken } = await agent.token({});
  const token = accessToken.reveal();
  process.kill(agent.info.pid, 'SIGSTOP');

  const durations = await Promise.all(
    [1, 2, 3].map(() =>
      timed(async () => {
        const one = await agentsOf(world).open({ key: keyOf(edge) });
        expect((await one.token({})).accessToken.reveal()).toBe(token);
        one.close();
      }),
    ),
  );
  const without = await withoutAgent(world, edge);
  figure('longest wait for a token past a stopped agent, ms', { max: Math.max(...durations), without });
  expect(Math.max(...durations) - without).toBeLessThan(3_000);
  expect(await world.beamd('token')).toEqual({
    code: 0,
    stdout: `${token}\n`,
    stderr:
      'The agent does not answer; this command works without it. ' +
      `To replace it, run: beamd agent stop --server ${new URL(edge.origin).host}\n`,
  });
  expect(world.agents().map(({ pid }) => pid)).toEqual([agent.info.pid]);

  process.kill(agent.info.pid, 'SIGCONT');
  expect(await world.beamd('token')).toEqual({ code: 0, stdout: `${token}\n`, stderr: '' });
  expect(world.agents().map(({ pid }) => pid)).toEqual([agent.info.pid]);
  agent.close();
});

interface Expired {
  readonly agent: RemoteAgent;
  /** Refreshes so far. */
  readonly before: number;
  /** Resolves once the next refresh is at the server, which takes its time for the answer. */
  readonly refreshing: () => Promise<void>;
}

/** An agent that runs, has nothing to do, and whose token has run out. */
async function agentWithExpiredToken(world: World, edge: BeamAuthEdge): Promise<Expired> {
  await sleep(1_000);
  const agent = await startAgent(world, edge);
  // It refreshes what had run out before it was started, and then nothing unasked for half a minute.
  await until(async () => (await agent.status()).refreshes === 1);
  const { expiresAt = 0 } = await agent.status();
  // Two refreshes are a second apart at least.
  await until(() => Date.now() / 1000 > expiresAt + 1.1);
  edge.setExpiresIn(3600);
  edge.faults.next('POST /token', { hold: 1_000 });
  const asked = edge.counters.requests['POST /token'] ?? 0;
  return {
    agent,
    before: edge.counters.refreshes,
    refreshing: () => until(() => edge.counters.requests['POST /token'] === asked + 1),
  };
}

// By itself: it is about seconds.
test('an agent stopped in the middle of a refresh: the call is done without it', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge({ expiresIn: 1 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  const { agent, before, refreshing } = await agentWithExpiredToken(world, edge);
  const asked = world.beamd('token');
  await refreshing();
  process.kill(agent.info.pid, 'SIGSTOP');
  const stopped = performance.now();
  const ran = await asked;
  const waited = performance.now() - stopped;
  const without = await withoutAgent(world, edge);
  figure('token from an agent stopped while it refreshes, ms', { waited, without });
  expect(waited - without).toBeLessThan(3_000);
  expect({ code: ran.code, stdout: ran.stdout.slice(0, 4) }).toEqual({ code: 0, stdout: 'bat_' });
  expect([edge.counters.refreshes - before, edge.counters.refusedRefreshes]).toEqual([1, 0]);
  process.kill(agent.info.pid, 'SIGCONT');
  agent.close();
});

test.concurrent('an agent killed in the middle of a refresh: the call under way is answered all the same', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge({ expiresIn: 1 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  const { agent, before, refreshing } = await agentWithExpiredToken(world, edge);
  const asked = Promise.all([world.beamd('token'), world.beamd('token')]);
  await refreshing();
  process.kill(agent.info.pid, 'SIGKILL');
  const answers = await asked;
  expect(tally(answers)).toEqual({ [`0 ${answers[0].stdout}`]: 2 });
  expect([edge.counters.refreshes - before, edge.counters.refusedRefreshes, edge.liveSessions()]).toEqual([1, 0, 1]);
  agent.close();
});

test.concurrent('a stopped agent is stopped by `agent stop` and by logout, and nothing of it stays', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  await logIn(world, edge);
  for (const [line, said] of [
    ['agent stop', 'was stopped'],
    ['logout', 'agent was stopped'],
  ] as const) {
    const agent = await startAgent(world, edge);
    agent.close();
    process.kill(agent.info.pid, 'SIGSTOP');
    const ran = succeeded(await world.beamd(...line.split(' ')));
    expect(ran.stdout).toContain(said);
    expect(world.agents()).toEqual([]);
  }
  expect(readdirSync(join(world.home, '.beamd/agents'))).toEqual([]);
});

test.concurrent('an agent whose process cannot be told for sure is not killed', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  await logIn(world, edge);
  const agent = await startAgent(world, edge);
  agent.close();
  const { base, socket } = await socketOf(world, edge);
  const record = readFileSync(`${base}.pid`, 'utf8');
  process.kill(agent.info.pid, 'SIGSTOP');
  // The number of a living process, but one that started at another time.
  const other: unknown = { ...(JSON.parse(record) as object), pid: process.pid };
  writeFileSync(`${base}.pid`, JSON.stringify(other));
  const ran = await world.beamd('agent', 'stop');
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 1, stdout: '' });
  expect(ran.stderr).toContain(`fuser '${socket}' shows it`);
  expect(world.agents().map(({ pid }) => pid)).toEqual([agent.info.pid]);
  process.kill(agent.info.pid, 'SIGCONT');
});

test.concurrent('a command killed while it starts the agent holds nobody up', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  await logIn(world, edge);
  const { base, folder } = await socketOf(world, edge);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const dead = Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
  writeFileSync(`${base}.start`, String(dead), { mode: 0o600 });
  const agents = agentsOf(world, { BEAMD_HOME: join(world.home, '.beamd') });
  const duration = await timed(async () => {
    (await agents.open({ key: keyOf(edge) })).close();
  });
  await agents.stop(keyOf(edge));
  expect(duration).toBeLessThan(2_000);
});

test.concurrent('without an agent, 8 calls at the moment of expiry make one refresh', async (context) => {
  const keep = closingWith(context);
  const edge = keep(await startBeamAuthEdge({ expiresIn: 1 }));
  const world = keep(createWorld({ env: { BEAMD_NO_AGENT: '1' } }));
  await logIn(world, edge);
  edge.setExpiresIn(3600);
  await sleep(1_000);
  edge.faults.next('POST /token', { hold: 500 });
  const answers = await tokensAtOnce(world, 8);
  expect(answers[0]?.stdout).toMatch(/^bat_\S+\n$/);
  expect(tally(answers)).toEqual({ [`0 ${answers[0]?.stdout ?? ''}`]: 8 });
  expect([edge.counters.refreshes, edge.counters.refusedRefreshes]).toEqual([1, 0]);
  expect(world.agents()).toEqual([]);
  expect(existsSync(join(world.home, '.beamd/agents'))).toBe(false);
});

test.concurrent(
  'where no agent can be, 8 calls at the moment of expiry make one refresh, and each says so once',
  async (context) => {
    const keep = closingWith(context);
    if (!isRoot) context.skip('needs root to mount a file system');
    const edge = keep(await startBeamAuthEdge({ expiresIn: 1 }));
    const world = keep(createWorld());
    await logIn(world, edge);
    const { folder } = await socketOf(world, edge);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    execFileSync('mount', ['--bind', folder, folder]);
    keep({ close: () => void execFileSync('umount', ['-l', folder]) });
    execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
    edge.setExpiresIn(3600);
    await sleep(1_000);
    const answers = await tokensAtOnce(world, 8);
    const notice = 'No agent can be started here; this command works without one.\n';
    expect(tally(answers)).toEqual({ [`0 ${answers[0]?.stdout ?? ''}${notice}`]: 8 });
    expect([edge.counters.refreshes, edge.counters.refusedRefreshes]).toEqual([1, 0]);
  },
);

/** What a command without an agent takes here and now: what a stopped one costs comes on top. */
function withoutAgent(world: World, edge: BeamAuthEdge): Promise<number> {
  return timed(async () => {
    succeeded(await world.run('beamd', ['token', '--server', edge.origin], { env: { BEAMD_NO_AGENT: '1' } }));
  });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
