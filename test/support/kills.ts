/** Agents that are killed while they refresh, round after round. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAgent } from '../../src/agent/client.ts';
import { spawnAgent } from '../../src/agent/spawn-agent.ts';
import { PROGRAMS, keyOf, socketOf } from './agent.ts';
import type { World } from './world.ts';

/** Longest life of an agent, milliseconds: on a busy machine a refresh takes about as long. */
const LIFE = 700;

/**
 * Starts an agent whose token has expired, asks it for one, and kills it at a random moment, `rounds` times. The worker
 * of one round may still be at work when the next agent starts.
 */
export async function killAgents(world: World, edge: { readonly port: number }, rounds: number): Promise<void> {
  const path = await socketOf(world, edge);
  for (let round = 0; round < rounds; round += 1) {
    await spawnAgent({ account: keyOf(edge), env: world.env, programs: PROGRAMS });
    const agent = await connectAgent(path);
    if (typeof agent === 'string') throw new Error(`the new agent is ${agent}`);
    const asked = agent.token({}).catch(() => undefined);
    await sleep(Math.random() * LIFE);
    process.kill(agent.info.pid, 'SIGKILL');
    await asked;
    agent.close();
  }
}
