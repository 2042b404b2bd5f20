/** The full sizes of the promises about many processes and one session. */
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge } from '../../sandbox/beam-auth-edge.ts';
import { logIn } from '../support/login.ts';
import { agentState, crashedAgent, tally, tokensAtOnce } from '../support/many-calls.ts';
import { figure } from '../support/agent.ts';
import { closing } from '../support/cleanup.ts';
import { createWorld } from '../support/cli-user.ts';

const keep = closing();

describe.each(Array.from({ length: 20 }, (_, index) => index + 1))('round %i', (round) => {
  test('200 cold calls over the socket of a crashed agent: 200 tokens and one agent', async () => {
    const edge = keep(await startBeamAuthEdge());
    const world = keep(createWorld());
    const token = await crashedAgent(world, edge);
    const answers = tally(await tokensAtOnce(world, 200));
    figure('200 cold calls', { round, agents: world.agents().length, failed: 200 - (answers[`0 ${token}`] ?? 0) });
    expect(answers).toEqual({ [`0 ${token}`]: 200 });
    const { pid } = await agentState(world);
    expect(world.agents().map((process) => process.pid)).toEqual([pid]);
  });
});

test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
  '100 calls at the moment of expiry, round %i: one refresh',
  async (round) => {
    const edge = keep(await startBeamAuthEdge({ expiresIn: 1 }));
    const world = keep(createWorld());
    await logIn(world, edge);
    edge.setExpiresIn(3600);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const answers = await tokensAtOnce(world, 100);
    figure('100 calls at expiry', { round, refreshes: edge.counters.refreshes, refused: edge.counters.refusedRefreshes });
    expect(tally(answers)).toEqual({ [`0 ${answers[0]?.stdout ?? ''}`]: 100 });
    expect(edge.counters.refreshes).toBe(1);
  },
);
