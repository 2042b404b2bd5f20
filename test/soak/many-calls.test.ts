/** The full sizes of the promises about many processes and one session. */
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge } from '../../sandbox/beam-auth-edge.ts';
import { expireSession } from '../support/login.ts';
import { agentState, crashedAgent } from '../support/agent.ts';
import { tally, tokensAtOnce } from '../support/many-clients.ts';
import { figure } from '../support/measure.ts';
import { cleanup } from '../support/cleanup.ts';
import { startEdgeUser } from '../support/edge.ts';
import { createCliUser } from '../support/cli-user.ts';

const keep = cleanup();

describe.each(Array.from({ length: 20 }, (_, index) => index + 1))('round %i', (round) => {
  test('200 cold calls over the socket of a crashed agent: 200 tokens and one agent', async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    const token = await crashedAgent(user, edge);
    const answers = tally(await tokensAtOnce(user, 200));
    figure('200 cold calls', { round, agents: user.agents().length, failed: 200 - (answers[`0 ${token}`] ?? 0) });
    expect(answers).toEqual({ [`0 ${token}`]: 200 });
    const { pid } = await agentState(user);
    expect(user.agents().map((process) => process.pid)).toEqual([pid]);
  });
});

test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
  '100 calls at the moment of expiry, round %i: one refresh',
  async (round) => {
    const { edge, user } = await startEdgeUser(keep);
    await expireSession(user, edge);
    const answers = await tokensAtOnce(user, 100);
    figure('100 calls at expiry', { round, refreshes: edge.counters.refreshes, refused: edge.counters.refusedRefreshes });
    expect(tally(answers)).toEqual({ [`0 ${answers[0]?.stdout ?? ''}`]: 100 });
    expect(edge.counters.refreshes).toBe(1);
  },
);
