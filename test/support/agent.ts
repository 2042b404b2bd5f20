/** The agent of a user seen from outside: its process, its socket, what it costs. */
import type { Warn } from '../../src/errors.ts';
import { readFileSync, readdirSync } from 'node:fs';
import { createAgents, type Agents } from '../../src/agent/client/agents.ts';
import { connectAgent, type RemoteAgent } from '../../src/agent/client/client.ts';
import { agentSocket, type SocketPath } from '../../src/agent/protocol/socket-path.ts';
import { systemClock } from '../../src/clock.ts';
import { builtPrograms, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { logIn, succeeded } from './login.ts';
import { NODE, type CliUser } from './cli-user.ts';
import { until } from './measure.ts';

export const PROGRAMS = builtPrograms(NODE);

export const isRoot = process.getuid?.() === 0;

export const keyOf = ({ port }: { readonly port: number }): string => `127.0.0.1_${port}`;

export function socketOf(user: CliUser, edge: { readonly port: number }): Promise<SocketPath> {
  return agentSocket(user.homes, keyOf(edge));
}

/** Agents as a command gets them, in this process. */
export function agentsOf(user: CliUser, env: Readonly<Record<string, string>> = {}, warn: Warn = () => undefined): Agents {
  return createAgents({ homes: user.homes, env: { ...user.env, ...env }, clock: systemClock, programs: PROGRAMS, warn });
}

/** Starts the agent of an account, if none runs, and connects to it. */
export async function startAgent(user: CliUser, edge: { readonly port: number }): Promise<RemoteAgent> {
  succeeded(await user.beamd('agent', 'start', '--server', `http://127.0.0.1:${edge.port}`));
  return connect(user, edge);
}

/** Connects to the running agent; throws if there is none. */
export async function connect(user: CliUser, edge: { readonly port: number }): Promise<RemoteAgent> {
  const agent = await connectAgent(await socketOf(user, edge), systemClock);
  if (typeof agent === 'string') throw new Error(`the agent is ${agent}`);
  return agent;
}

export interface AgentState {
  readonly state: string;
  readonly pid?: number;
}

/** What `beamd agent status` says of the current server's agent. */
export async function agentState(user: CliUser): Promise<AgentState> {
  const { stdout } = succeeded(await user.beamd('agent', 'status', '--json'));
  const value: unknown = JSON.parse(stdout);
  if (typeof value !== 'object' || value === null || !('state' in value)) throw new Error(`no state in ${stdout}`);
  const pid = 'pid' in value && typeof value.pid === 'number' ? value.pid : undefined;
  return { state: String(value.state), ...(pid === undefined ? {} : { pid }) };
}

/** Kills every agent of the user without a word, so that sockets stay behind. */
export async function killAgents(user: CliUser): Promise<void> {
  for (const { pid } of user.agents()) process.kill(pid, 'SIGKILL');
  await until(() => user.agents().length === 0);
}

/** Logs in and leaves the socket of a crashed agent behind. Returns what `beamd token` prints. */
export async function crashedAgent(user: CliUser, edge: BeamAuthEdge): Promise<string> {
  await logIn(user, edge);
  const { stdout } = succeeded(await user.beamd('token'));
  if (user.agents().length === 0) throw new Error('no agent is running');
  await killAgents(user);
  return stdout;
}

/** Megabytes of memory that a process has. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
