/** The agent of a world seen from outside: its process, its socket, what it costs. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAgents, type Agents } from '../../src/agent/client/agents.ts';
import { connectAgent, type RemoteAgent } from '../../src/agent/client/client.ts';
import { agentSocket, type SocketPath } from '../../src/agent/protocol/socket-path.ts';
import { systemClock } from '../../src/clock.ts';
import type { Programs } from '../../src/programs.ts';
import { resolveHomes, type Homes } from '../../src/store/paths.ts';
import { PACKAGE_ROOT } from '../../sandbox/testing.ts';
import { succeeded } from './login.ts';
import type { World } from './cli-user.ts';

const built = (name: string): string => join(PACKAGE_ROOT, 'dist', `${name}.cjs`);

export const PROGRAMS: Programs = { agent: built('agent'), worker: built('worker'), keyring: built('keyring') };

export const isRoot = process.getuid?.() === 0;

export const homesOf = (world: World): Homes => resolveHomes({}, world.home);

export const keyOf = ({ port }: { readonly port: number }): string => `127.0.0.1_${port}`;

export function socketOf(world: World, edge: { readonly port: number }): Promise<SocketPath> {
  return agentSocket(homesOf(world), keyOf(edge));
}

/** Agents as a command gets them, in this process. */
export function agentsOf(
  world: World,
  env: Readonly<Record<string, string>> = {},
  notify: (line: string) => void = () => undefined,
): Agents {
  return createAgents({ homes: homesOf(world), env: { ...world.env, ...env }, clock: systemClock, programs: PROGRAMS, notify });
}

/** Starts the agent of an account, if none runs, and connects to it. */
export async function startAgent(world: World, edge: { readonly port: number }): Promise<RemoteAgent> {
  succeeded(await world.beamd('agent', 'start', '--server', `http://127.0.0.1:${edge.port}`));
  return connect(world, edge);
}

/** Connects to the running agent; throws if there is none. */
export async function connect(world: World, edge: { readonly port: number }): Promise<RemoteAgent> {
  const agent = await connectAgent(await socketOf(world, edge));
  if (typeof agent === 'string') throw new Error(`the agent is ${agent}`);
  return agent;
}

/** Megabytes of memory that a process has. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Whether a process listens on a TCP port, of any address: a debugger would. */
export function listensOnTcp(pid: number): boolean {
  const listening = new Set(['tcp', 'tcp6'].flatMap((name) => listeningInodes(`/proc/${pid}/net/${name}`)));
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
    return inode !== undefined && listening.has(inode);
  });
}

function listeningInodes(path: string): string[] {
  const rows = readFileSync(path, 'latin1').trim().split('\n').slice(1);
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A')
    .map((fields) => fields[9] ?? '');
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}

/** Resolves when the condition holds; throws after `limit` milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, limit = 10_000): Promise<void> {
  const end = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${String(condition)}`);
    await sleep(5);
  }
}

/** The value below which 99 of 100 lie. */
export function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? NaN;
}

/** Prints a measured figure, one JSON line, to be cited. */
export function figure(name: string, values: Readonly<Record<string, number>>): void {
  const rounded = Object.entries(values).map(([key, value]) => [key, Math.round(value * 100) / 100] as const);
  process.stdout.write(`${JSON.stringify({ figure: name, ...Object.fromEntries(rounded) })}\n`);
}
