/** Agents that are killed, stopped, raced or impossible: no session is lost and no command hangs. */
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi, type TestContext } from 'vitest';
import { startBeamAuthEdge, startOAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { createAgents } from '../../src/agent/client/agents.ts';
import type { Agent } from '../../src/agent/protocol/agent.ts';
import { createWork } from '../../src/agent/worker/create-work.ts';
import { systemClock } from '../../src/clock.ts';
import { createHttp } from '../../src/net/http-client.ts';
import { createAccountStore } from '../../src/store/accounts/account-store.ts';
import { accountFile } from '../../src/store/paths.ts';
import { PROGRAMS, agentsOf, isRoot, keyOf, socketOf, startAgent } from '../support/agent.ts';
import { tally, tokensAtOnce } from '../support/many-clients.ts';
import { figure, gate, until } from '../support/measure.ts';
import { killInRefreshes } from '../support/agent-kill-loop.ts';
import { expireSession, logIn, succeeded } from '../support/login.ts';
import { cleanup, type Keep } from '../support/cleanup.ts';
import { holdRefresh, startEdgeUser, type HeldRefresh } from '../support/edge.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

const ZERO_GRACE = [
  ['a beam-auth edge', 4, () => startBeamAuthEdge({ grace: 0 })],
  ['an OAuth edge', 2, () => startOAuthEdge({ grace: 0 })],
] as const;

for (const [name, wanted, start] of ZERO_GRACE) {
  test.concurrent(
    `SIGKILLs of the agent at random moments of a refresh loop lose no session, at ${name} without reuse grace`,
    async ({ onTestFinished }) => {
      const keep = cleanup(onTestFinished);
      const edge = keep(await start());
      const user = keep(createCliUser());
      await logIn(user, edge);
      const kills = await killInRefreshes(user, edge, wanted);
      const last = await user.beamd('token');
      expect({ code: last.code, stderr: last.stderr }).toEqual({ code: 0, stderr: '' });
      figure('kills in refreshes', { kills, rotations: edge.counters.refreshes, lost: 1 - edge.liveSessions() });
      expect({ live: edge.liveSessions(), refused: edge.counters.refusedRefreshes }).toEqual({ live: 1, refused: 0 });
      // What the server had begun for an agent that was killed was stored all the same.
      expect(edge.counters.refreshes).toBeGreaterThanOrEqual(wanted);
    },
  );
}

test.concurrent(
  '`invalid_grant` for a session that another writer has replaced meanwhile deletes nothing, 20 times',
  async ({ onTestFinished }) => {
    const keep = cleanup(onTestFinished);
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    const file = accountFile(user.homes, keyOf(edge));
    await logIn(user, edge);
    const first = readFileSync(file);
    edge.endSessions();
    await logIn(user, edge);
    const second = readFileSync(file);
    const { env } = user;
    const accounts = createAccountStore({ homes: user.homes, clock: systemClock, env });
    const work = createWork({
      account: keyOf(edge),
      accounts,
      homes: user.homes,
      env,
      clock: systemClock,
      http: (more) => createHttp({ env, ...more }),
    });
    const alive = (await work.load())?.accessToken?.reveal();
    let deletions = 0;
    for (let round = 0; round < 20; round += 1) {
      replace(file, first);
      const asked = edge.counters.requests['POST /token'] ?? 0;
      const written = gate();
      edge.faults.next('POST /token', { delay: written.passed });
      const refreshed = work.refresh(undefined);
      await until(() => edge.counters.requests['POST /token'] === asked + 1);
      replace(file, second);
      written.open();
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

/** Milliseconds that a command may wait for an agent that does not answer. */
const LONGEST_WAIT = 3_000;

let firings = 0;

/** From here on a timer of this process fires when `heldUp` says so, and is counted. */
function timersStandStill(onTestFinished: TestContext['onTestFinished']): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { setTimeout: later } = globalThis;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation((work: () => void, ms?: number) =>
    later(() => {
      firings += 1;
      work();
    }, ms),
  );
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}

/**
 * Milliseconds that the timers of this process hold `work` up, to the last one that fires: one that only watches over work
 * that goes on, of another process perhaps, holds nothing up. How busy the machine is does not count.
 */
async function heldUp(work: () => Promise<unknown>): Promise<number> {
  const STEP = 50;
  const state = { over: false };
  const done = work().finally(() => {
    state.over = true;
  });
  let [passed, waited] = [0, 0];
  while (!state.over) {
    await sleep(10);
    if (vi.getTimerCount() === 0) continue;
    const before = firings;
    await vi.advanceTimersByTimeAsync(STEP);
    passed += STEP;
    if (firings > before) waited = passed;
  }
  await done;
  return waited;
}

test('a stopped agent: the token is still given, nothing waits over 3 s, and there is no second agent', async ({
  onTestFinished,
}) => {
  const keep = cleanup(onTestFinished);
  const { edge, user } = await startEdgeUser(keep);
  const agent = await startAgent(user, edge);
  const { accessToken } = await agent.token({});
  const token = accessToken.reveal();
  process.kill(agent.info.pid, 'SIGSTOP');

  timersStandStill(onTestFinished);
  const waited = await heldUp(() =>
    Promise.all(
      [1, 2, 3].map(async () => {
        const one = await agentsOf(user).open({ key: keyOf(edge) });
        expect((await one.token({})).accessToken.reveal()).toBe(token);
        one.close();
      }),
    ),
  );
  figure('wait for a token past a stopped agent, ms of timers', { waited });
  expect(waited).toBeLessThanOrEqual(LONGEST_WAIT);
  expect(waited).toBeGreaterThan(1_000);
  vi.restoreAllMocks();
  vi.useRealTimers();
  expect(await user.beamd('token')).toEqual({
    code: 0,
    stdout: `${token}\n`,
    stderr:
      '! The agent does not answer; this command works without it\n' +
      `Run: beamd agent stop --server ${new URL(edge.origin).host}\n`,
  });
  expect(user.agents().map(({ pid }) => pid)).toEqual([agent.info.pid]);

  process.kill(agent.info.pid, 'SIGCONT');
  expect(await user.beamd('token')).toEqual({ code: 0, stdout: `${token}\n`, stderr: '' });
  expect(user.agents().map(({ pid }) => pid)).toEqual([agent.info.pid]);
  agent.close();
});

test('an agent stopped in the middle of a refresh: the call is done without it', async ({ onTestFinished }) => {
  const keep = cleanup(onTestFinished);
  const { edge, user } = await startEdgeUser(keep);
  const client = keep(await agentsOf(user).open({ key: keyOf(edge) }));
  const { pid } = await client.hello();
  const { refreshing, answer } = await expireInAgent(keep, user, edge, client);
  timersStandStill(onTestFinished);
  const asked = client.token({});
  await refreshing();
  process.kill(pid, 'SIGSTOP');
  answer();
  let token = '';
  const waited = await heldUp(async () => {
    token = (await asked).accessToken.reveal();
  });
  figure('wait for a token of an agent stopped while it refreshes, ms of timers', { waited });
  expect(waited).toBeLessThanOrEqual(LONGEST_WAIT);
  // It was the silence that was noticed, and not the agent that answered.
  expect(waited).toBeGreaterThan(1_000);
  expect(token).toMatch(/^bat_/);
  expect([edge.counters.refreshes, edge.counters.refusedRefreshes]).toEqual([1, 0]);
  process.kill(pid, 'SIGCONT');
});

/** Lets the token run out that an agent holds in its memory; the server keeps the refresh waiting that comes of it. */
async function expireInAgent(keep: Keep, user: CliUser, edge: BeamAuthEdge, agent: Agent): Promise<HeldRefresh> {
  await agent.token({});
  const held = holdRefresh(keep, edge);
  await expireSession(user, edge);
  return held;
}

test.concurrent(
  'an agent killed in the middle of a refresh: the call under way is answered all the same',
  async ({ onTestFinished }) => {
    const keep = cleanup(onTestFinished);
    const { edge, user } = await startEdgeUser(keep);
    const agent = await startAgent(user, edge);
    const { refreshing, answer } = await expireInAgent(keep, user, edge, agent);
    const asked = Promise.all([user.beamd('token'), user.beamd('token')]);
    await refreshing();
    process.kill(agent.info.pid, 'SIGKILL');
    answer();
    const answers = await asked;
    expect(tally(answers)).toEqual({ [`0 ${answers[0].stdout}`]: 2 });
    expect([edge.counters.refreshes, edge.counters.refusedRefreshes, edge.liveSessions()]).toEqual([1, 0, 1]);
    agent.close();
  },
);

test.concurrent(
  'a stopped agent is stopped by `agent stop` and by logout, and nothing of it stays',
  async ({ onTestFinished }) => {
    const keep = cleanup(onTestFinished);
    const { edge, user } = await startEdgeUser(keep);
    for (const [line, said] of [
      ['agent stop', 'was stopped'],
      ['logout', 'agent was stopped'],
    ] as const) {
      const agent = await startAgent(user, edge);
      agent.close();
      process.kill(agent.info.pid, 'SIGSTOP');
      const ran = succeeded(await user.beamd(...line.split(' ')));
      expect(ran.stdout).toContain(said);
      expect(user.agents()).toEqual([]);
    }
    expect(readdirSync(join(user.home, '.beamd/agents'))).toEqual([]);
  },
);

test.concurrent('an agent whose process cannot be told for sure is not killed', async ({ onTestFinished }) => {
  const keep = cleanup(onTestFinished);
  const { edge, user } = await startEdgeUser(keep);
  const agent = await startAgent(user, edge);
  agent.close();
  const { base, socket } = await socketOf(user, edge);
  const record = readFileSync(`${base}.pid`, 'utf8');
  process.kill(agent.info.pid, 'SIGSTOP');
  // The number of a living process, but one that started at another time.
  const other: unknown = { ...(JSON.parse(record) as object), pid: process.pid };
  writeFileSync(`${base}.pid`, JSON.stringify(other));
  const ran = await user.beamd('agent', 'stop');
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 1, stdout: '' });
  expect(ran.stderr).toContain(`fuser '${socket}' shows it`);
  expect(user.agents().map(({ pid }) => pid)).toEqual([agent.info.pid]);
  process.kill(agent.info.pid, 'SIGCONT');
});

test.concurrent('a command killed while it starts the agent holds nobody up', async ({ onTestFinished }) => {
  const keep = cleanup(onTestFinished);
  const { edge, user } = await startEdgeUser(keep);
  const { base, folder } = await socketOf(user, edge);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const dead = Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
  writeFileSync(`${base}.start`, String(dead), { mode: 0o600 });
  let waited = 0;
  const notices: string[] = [];
  const agents = createAgents({
    homes: user.homes,
    env: user.env,
    programs: PROGRAMS,
    warn: (line) => notices.push(line),
    clock: {
      ...systemClock,
      sleep: (ms, signal) => {
        waited += ms;
        return systemClock.sleep(ms, signal);
      },
    },
  });
  (await agents.open({ key: keyOf(edge) })).close();
  expect({ agents: user.agents().length, notices }).toEqual({ agents: 1, notices: [] });
  expect(waited).toBeLessThan(1_000);
});

test.concurrent('without an agent, 8 calls at the moment of expiry make one refresh', async ({ onTestFinished }) => {
  const keep = cleanup(onTestFinished);
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser({ env: { BEAMD_NO_AGENT: '1' } }));
  await logIn(user, edge);
  await expireSession(user, edge);
  edge.faults.next('POST /token', { hold: 500 });
  const answers = await tokensAtOnce(user, 8);
  expect(answers[0]?.stdout).toMatch(/^bat_\S+\n$/);
  expect(tally(answers)).toEqual({ [`0 ${answers[0]?.stdout ?? ''}`]: 8 });
  expect([edge.counters.refreshes, edge.counters.refusedRefreshes]).toEqual([1, 0]);
  expect(user.agents()).toEqual([]);
  // Nothing of an agent, but for when the login was last used.
  expect(readdirSync(join(user.home, '.beamd/agents')).filter((name) => !name.endsWith('.used'))).toEqual([]);
});

test.concurrent(
  'where no agent can be, 8 calls at the moment of expiry make one refresh, and each says so once',
  async (context) => {
    const keep = cleanup(context.onTestFinished);
    if (!isRoot) context.skip('needs root to mount a file system');
    const { edge, user } = await startEdgeUser(keep);
    const { folder } = await socketOf(user, edge);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    execFileSync('mount', ['--bind', folder, folder]);
    keep({ close: () => void execFileSync('umount', ['-l', folder]) });
    execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
    await expireSession(user, edge);
    const answers = await tokensAtOnce(user, 8);
    const notice = '! No agent can be started here; this command works without one\n';
    expect(tally(answers)).toEqual({ [`0 ${answers[0]?.stdout ?? ''}${notice}`]: 8 });
    expect([edge.counters.refreshes, edge.counters.refusedRefreshes]).toEqual([1, 0]);
  },
);
