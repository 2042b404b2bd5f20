/** The races of the promises, in any size: the suite runs a small one, the soak test the full one. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BeamAuthEdge } from '../../sandbox/beam-auth-edge.ts';
import { logIn, succeeded } from './login.ts';
import type { Ran, World } from './cli-user.ts';

export interface AgentState {
  readonly state: string;
  readonly pid?: number;
}

export async function agentState(world: World): Promise<AgentState> {
  const { stdout } = succeeded(await world.beamd('agent', 'status', '--json'));
  const value: unknown = JSON.parse(stdout);
  if (typeof value !== 'object' || value === null || !('state' in value)) throw new Error(`no state in ${stdout}`);
  const pid = 'pid' in value && typeof value.pid === 'number' ? value.pid : undefined;
  return { state: String(value.state), ...(pid === undefined ? {} : { pid }) };
}

/** Kills the running agent without a word, so that its socket stays behind. */
async function killAgent(world: World): Promise<void> {
  const { pid } = await agentState(world);
  if (pid === undefined) throw new Error('no agent is running');
  process.kill(pid, 'SIGKILL');
}

/** The sockets of this world's agents. */
export function sockets(world: World): string[] {
  return readdirSync(join(world.home, '.beamd/agents')).filter((name) => name.endsWith('.sock'));
}

/** How many of each answer. */
export function tally(answers: readonly Ran[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code, stdout, stderr } of answers) {
    const key = `${String(code)} ${stdout}${stderr}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** Runs `count` times `beamd token` at once. */
export function tokensAtOnce(world: World, count: number): Promise<Ran[]> {
  return Promise.all(Array.from({ length: count }, () => world.beamd('token')));
}

/** Logs in and leaves the socket of a crashed agent behind. Returns the access token. */
export async function crashedAgent(world: World, edge: BeamAuthEdge): Promise<string> {
  await logIn(world, edge);
  const { stdout } = succeeded(await world.beamd('token'));
  await killAgent(world);
  return stdout;
}

/** Makes every following `token` call refresh, and kills the agent at a random moment of each, `rounds` times. */
export async function killInRefreshes(world: World, edge: BeamAuthEdge, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await world.beamd('agent', 'start');
    const { pid } = await agentState(world);
    const asked = world.beamd('token');
    const delay = (round * 37) % 250;
    await new Promise((resolve) => setTimeout(resolve, delay));
    if (pid !== undefined) kill(pid);
    await asked;
  }
  edge.setExpiresIn(3600);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended by itself
  }
}
