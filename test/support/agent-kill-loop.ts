/** Agents that are killed while they refresh, round after round. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAgent } from '../../src/agent/client/client.ts';
import { spawnAgent } from '../../src/agent/client/spawn-agent.ts';
import { PROGRAMS, keyOf, socketOf } from './agent.ts';
import type { World } from './cli-user.ts';

/** Starts an agent, asks it for a token and kills it after `life` milliseconds; without a life, once it has answered. */
async function oneAgent(world: World, edge: { readonly port: number }, life?: number): Promise<void> {
  await spawnAgent({ account: keyOf(edge), env: world.env, programs: PROGRAMS });
  const agent = await connectAgent(await socketOf(world, edge));
  if (typeof agent === 'string') throw new Error(`the new agent is ${agent}`);
  const asked = agent.token({}).catch(() => undefined);
  await (life === undefined ? asked : sleep(life));
  process.kill(agent.info.pid, 'SIGKILL');
  await asked;
  agent.close();
}

/** Of the tokens of such an edge, milliseconds. */
const LIFE = 1_000;

/**
 * Starts an agent whose token has expired, asks it for one, and kills it at a random moment, `rounds` times. The worker
 * of one round may still be at work when the next agent starts. How long a refresh takes here is found out first, when
 * the token of the login is over: an agent starts faster than that.
 */
export async function killAgents(world: World, edge: { readonly port: number }, rounds: number): Promise<void> {
  await sleep(LIFE);
  const begun = performance.now();
  await oneAgent(world, edge);
  const whole = performance.now() - begun;
  for (let round = 0; round < rounds; round += 1) await oneAgent(world, edge, Math.random() * whole * 1.2);
}
