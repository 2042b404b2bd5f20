/** The full sizes of the promises about many processes and one session. */
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge } from '../../sandbox/beam-auth-edge.ts';
import { logIn, succeeded } from '../support/login.ts';
import { agentState, crashedAgent, killAgent, killInRefreshes, tally, tokensAtOnce } from '../support/races.ts';
import { closing } from '../support/together.ts';
import { createWorld } from '../support/world.ts';

const keep = closing();

describe.each([1, 2, 3, 4, 5])('round %i', () => {
  test('200 cold calls over the socket of a crashed agent: 200 tokens and one agent', async () => {
    const edge = keep(await startBeamAuthEdge());
    const world = keep(createWorld());
    const token = await crashedAgent(world, edge);
    expect(tally(await tokensAtOnce(world, 200))).toEqual({ [`0 ${token}`]: 200 });
    const { pid } = await agentState(world);
    expect(world.agents().map((process) => process.pid)).toEqual([pid]);
  });
});

test.each(Array.from({ length: 20 }, (_, index) => index + 1))('100 calls at the moment of expiry, round %i: one refresh', async () => {
  const edge = keep(await startBeamAuthEdge({ expiresIn: 1 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  edge.setExpiresIn(3600);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const answers = await tokensAtOnce(world, 100);
  expect(tally(answers)).toEqual({ [`0 ${answers[0]?.stdout ?? ''}`]: 100 });
  expect(edge.counters.refreshes).toBe(1);
});

test('500 SIGKILLs of the agent in refreshes lose no session', async () => {
  const edge = keep(await startBeamAuthEdge({ expiresIn: 1, grace: 0 }));
  const world = keep(createWorld());
  await logIn(world, edge);
  await killInRefreshes(world, edge, 500);
  succeeded(await world.beamd('token'));
  await killAgent(world);
  succeeded(await world.beamd('token'));
  expect(edge.counters.refusedRefreshes).toBe(0);
  expect(edge.liveSessions()).toBe(1);
});
