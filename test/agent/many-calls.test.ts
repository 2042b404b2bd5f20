/** Many commands, one session. The full sizes run in test/soak. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startBeamAuthEdge } from '../../sandbox/testing.ts';
import { agentState, crashedAgent, socketOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { expireSession } from '../support/login.ts';
import { startEdgeUser } from '../support/edge.ts';
import { tally, tokensAtOnce } from '../support/many-clients.ts';

const keep = cleanup();

test('24 cold calls over the socket of a crashed agent: 24 tokens and one agent', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const token = await crashedAgent(user, edge);
  const { socket } = await socketOf(user, edge);
  expect({ left: existsSync(socket), agents: user.agents() }).toEqual({ left: true, agents: [] });

  expect(tally(await tokensAtOnce(user, 24))).toEqual({ [`0 ${token}`]: 24 });
  const { pid, state } = await agentState(user);
  expect(state).toBe('running');
  expect(user.agents().map((process) => process.pid)).toEqual([pid]);
});

test('100 calls at the moment of expiry: one refresh at the server', async () => {
  const { edge, user } = await startEdgeUser(keep);
  await expireSession(user, edge);
  edge.faults.next('POST /token', { hold: 500 });

  const answers = await tokensAtOnce(user, 100);
  expect(answers[0]).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^bat_\S+\n$/) as string });
  const token = answers[0]?.stdout ?? '';
  expect(tally(answers)).toEqual({ [`0 ${token}`]: 100 });
  expect(edge.counters.refreshes).toBe(1);
  expect(edge.counters.refusedRefreshes).toBe(0);
});
