/** Agents that are killed while they refresh, round after round. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BeamAuthEdge, OAuthEdge } from '../../sandbox/testing.ts';
import { connectAgent } from '../../src/agent/client/client.ts';
import { spawnAgent } from '../../src/agent/client/spawn-agent.ts';
import { PROGRAMS, keyOf, socketOf } from './agent.ts';
import { systemClock } from '../../src/clock.ts';
import type { CliUser } from './cli-user.ts';
import { expireSession } from './login.ts';
import { gate, until } from './measure.ts';

type Edge = BeamAuthEdge | OAuthEdge;

/** How far a refresh is when its agent is killed. At the first two the server keeps its answer until the kill. */
const MOMENTS = ['at the server', 'done by the server', 'being answered', 'asked for'] as const;

type Moment = (typeof MOMENTS)[number];

/** Up to so many milliseconds later, by chance. */
const LATER = 30;

const asked = ({ counters }: Edge): number => counters.requests['POST /token'] ?? 0;

/** What the server waits for: the kill, before its work or after it. */
function heldUntil(name: Moment, killed: Promise<void>): { delay?: Promise<void>; hold?: Promise<void> } {
  if (name === 'at the server') return { delay: killed };
  return name === 'asked for' ? {} : { hold: killed };
}

/** Starts an agent, asks it for a token and kills it at that moment of its refresh. */
async function oneRound(user: CliUser, edge: Edge, name: Moment): Promise<void> {
  // What a worker of the round before asks for and stores must not be taken for this agent's.
  if (name !== 'asked for') await until(() => user.background('worker').length === 0);
  const answer = gate();
  edge.faults.clear();
  edge.faults.next('POST /token', heldUntil(name, answer.passed));
  const [requests, refreshes] = [asked(edge), edge.counters.refreshes];
  await spawnAgent({ account: keyOf(edge), env: user.env, programs: PROGRAMS });
  const agent = await connectAgent(await socketOf(user, edge), systemClock);
  if (typeof agent === 'string') throw new Error(`the new agent is ${agent}`);
  const token = agent.token({}).catch(() => undefined);
  if (name === 'at the server') await until(() => asked(edge) > requests);
  if (name === 'done by the server' || name === 'being answered') await until(() => edge.counters.refreshes > refreshes);
  if (name === 'being answered') answer.open();
  await sleep(Math.random() * LATER);
  process.kill(agent.info.pid, 'SIGKILL');
  answer.open();
  await token;
  agent.close();
}

/**
 * Kills agents of an edge whose tokens are over when they are issued, each somewhere in its refresh, until `wanted` were
 * killed while the server was at work for them, and as many at a moment near by: as the answer is on its way, and as the
 * refresh begins, with the worker of that round still at work when the next agent starts. Returns how many were killed in all.
 */
export async function killInRefreshes(user: CliUser, edge: Edge, wanted: number): Promise<number> {
  // Over by the time it is read. A life of 0 would be no life that is said.
  edge.setExpiresIn(0.001);
  await expireSession(user, edge);
  const kills = 2 * wanted;
  for (let kill = 0; kill < kills; kill += 1) await oneRound(user, edge, MOMENTS[kill % MOMENTS.length] ?? 'asked for');
  edge.faults.clear();
  edge.setExpiresIn(3600);
  return kills;
}
