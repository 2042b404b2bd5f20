/** Many processes, one session. The full sizes run in test/soak. */
import { expect, test } from 'vitest';
import { startBeamAuthEdge } from '../../sandbox/beam-auth-edge.ts';
import { logIn } from '../support/login.ts';
import { agentState, crashedAgent, killInRefreshes, sockets, tally, tokensAtOnce } from '../support/many-calls.ts';
import { closing } from '../support/cleanup.ts';
import { createWorld } from '../support/cli-user.ts';

const keep = closing();

test('24 cold calls over the socket of a crashed agent: 24 tokens and one agent', async () => {
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  const token = await crashedAgent(world, edge);
  expect(sockets(world)).toEqual([`127.0.0.1_${edge.port}.sock`]);
  expect(world.agents()).toEqual([]);

  expect(tally(await tokensAtOnce(world, 24))).toEqual({ [`0 ${token}`]: 24 });
  const { pid, state } = await agentState(world);
  expect(state).toBe('running');
  expect(world.agents().map((process) => process.pid)).toEqual([pid]);
});

test('100 calls at the moment of expiry: one refresh at the server', async () => {
  const edge = keep(await startBeamAuthEdge({ expiresIn: 1 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  edge.setExpiresIn(3600);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  edge.faults.next('POST /token', { hold: 500 });

  const answers = await tokensAtOnce(world, 100);
  const token = answers[0]?.stdout ?? '';
  expect(token).toMatch(/^bat_\S+\n$/);
  expect(tally(answers)).toEqual({ [`0 ${token}`]: 100 });
  expect(edge.counters.refreshes).toBe(1);
  expect(edge.counters.refusedRefreshes).toBe(0);
});

test('SIGKILL of the agent in a refresh loses no session, on a server without reuse grace', async () => {
  const edge = keep(await startBeamAuthEdge({ expiresIn: 1, grace: 0 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  await killInRefreshes(world, edge, 10);

  const last = await world.beamd('token');
  expect({ ...last, stdout: last.stdout.slice(0, 4) }).toEqual({ code: 0, stdout: 'bat_', stderr: '' });
  expect(edge.counters.refusedRefreshes).toBe(0);
  expect(edge.counters.refreshes).toBeGreaterThan(3);
  expect(edge.liveSessions()).toBe(1);
});
