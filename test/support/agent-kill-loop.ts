/** Agents that are killed while they refresh, round after round. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BeamAuthEdge, OAuthEdge } from '../../sandbox/testing.ts';
import { connectAgent } from '../../src/agent/client/client.ts';
import { spawnAgent } from '../../src/agent/client/spawn-agent.ts';
import { PROGRAMS, keyOf, socketOf } from './agent.ts';
import { systemClock } from '../../src/clock.ts';
import type { CliUser } from './cli-user.ts';
import { expireSession } from './login.ts';
import { until } from './measure.ts';

type Edge = BeamAuthEdge | OAuthEdge;

/** How far a refresh is when its agent is killed. */
const MOMENTS = ['asked for', 'at the server', 'done by the server', 'answered'] as const;

/** Up to so many milliseconds later, by chance. */
const LATER = 30;

const asked = ({ counters }: Edge): number => counters.requests['POST /token'] ?? 0;

/** What is waited for until a refresh is that far. */
function moment(edge: Edge, name: (typeof MOMENTS)[number], answered: Promise<unknown>): Promise<unknown> {
  const [requests, refreshes] = [asked(edge), edge.counters.refreshes];
  switch (name) {
    case 'asked for':
      return Promise.resolve();
    case 'at the server':
      return until(() => asked(edge) > requests);
    case 'done by the server':
      return until(() => edge.counters.refreshes > refreshes);
    case 'answered':
      return answered;
  }
}

/** Starts an agent, asks it for a token and kills it. True: a refresh of its was under way. */
async function oneRound(user: CliUser, edge: Edge, name: (typeof MOMENTS)[number]): Promise<boolean> {
  await spawnAgent({ account: keyOf(edge), env: user.env, programs: PROGRAMS });
  const agent = await connectAgent(await socketOf(user, edge), systemClock);
  if (typeof agent === 'string') throw new Error(`the new agent is ${agent}`);
  const state = { answered: false };
  const token = agent
    .token({})
    .catch(() => undefined)
    .finally(() => {
      state.answered = true;
    });
  // A worker of the round before may be about to store what this agent needs: then it need not ask the server.
  await Promise.race([moment(edge, name, token), token]);
  await sleep(Math.random() * LATER);
  process.kill(agent.info.pid, 'SIGKILL');
  const underWay = !state.answered && (name === 'at the server' || name === 'done by the server');
  await token;
  agent.close();
  return underWay;
}

/**
 * Kills agents of an edge whose tokens are over when they are issued, each somewhere in its refresh, until `wanted` were
 * killed while the server was at work for them. The worker of one round may still be at work when the next agent starts.
 * Returns how many were killed in all.
 */
export async function killInRefreshes(user: CliUser, edge: Edge, wanted: number): Promise<number> {
  // Over by the time it is read. A life of 0 would be no life that is said.
  edge.setExpiresIn(0.001);
  await expireSession(user, edge);
  let kills = 0;
  for (let underWay = 0; underWay < wanted; kills += 1) {
    if (kills > 8 * wanted) throw new Error(`of ${kills} agents only ${underWay} were killed in a refresh`);
    edge.faults.clear();
    edge.faults.next('POST /token', { delay: LATER, hold: LATER });
    if (await oneRound(user, edge, MOMENTS[kills % MOMENTS.length] ?? 'answered')) underWay += 1;
  }
  edge.setExpiresIn(3600);
  return kills;
}
