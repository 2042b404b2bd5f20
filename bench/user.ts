/** Users whose commands are measured: logged in, one agent running. */
import { appendFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BeamAuthEdge } from '../sandbox/testing.ts';
import { connectAgent, type RemoteAgent } from '../src/agent/client/client.ts';
import { agentSocket, type SocketPath } from '../src/agent/protocol/socket-path.ts';
import { systemClock } from '../src/clock.ts';
import { accountsFolder, instancesFile, resolveHomes } from '../src/store/paths.ts';
import { logIn, succeeded } from '../test/support/login.ts';
import { createCliUser, type CliUser } from '../test/support/cli-user.ts';

export interface User {
  readonly world: CliUser;
  readonly socket: SocketPath;
}

/** A person with one account, one Harmony gateway and a warm agent. */
export async function createUser(edge: BeamAuthEdge): Promise<User> {
  const world = createCliUser();
  await logIn(world, edge);
  succeeded(await world.beamd('default', 'acme'));
  succeeded(await world.runbeam('harmony:add', '-i', '127.0.0.1', '-p', '8081', '-l', 'gateway-0'));
  succeeded(await world.beamd('token'));
  return { world, socket: await agentSocket(resolveHomes({}, world.home), `127.0.0.1_${edge.port}`) };
}

export async function connect({ socket }: User): Promise<RemoteAgent> {
  const agent = await connectAgent(socket, systemClock);
  if (typeof agent === 'string') throw new Error(`the agent is ${agent}`);
  return agent;
}

/** Ends the agent, if one runs, and waits until it is gone. */
export async function stopAgent(user: User): Promise<void> {
  if (user.world.agents().length > 0) succeeded(await user.world.beamd('agent', 'stop'));
  while (user.world.agents().length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Copies the one account to `count` other servers. The server in use is then chosen by the user's default. */
export function addAccounts({ world }: User, count: number): void {
  const folder = accountsFolder(resolveHomes({}, world.home));
  const [name = ''] = readdirSync(folder);
  const text = readFileSync(join(folder, name), 'utf8');
  for (let index = 0; index < count; index += 1) {
    const host = `edge-${index}.example.com`;
    writeFileSync(join(folder, `${host}.yaml`), text.replace(/^server: .*$/m, `server: https://${host}`), { mode: 0o600 });
  }
}

/** Fills the registry of Harmony gateways up to `count`. */
export function addGateways({ world }: User, count: number): void {
  const path = instancesFile(resolveHomes({}, world.home));
  const gateways = Array.from({ length: count }, (_, index) => ({
    id: index.toString(16).padStart(8, '0'),
    ip: '127.0.0.1',
    port: 10_000 + index,
    label: `gateway-${index}`,
    path_prefix: 'admin',
    gateway_id: null,
  }));
  writeFileSync(path, JSON.stringify(gateways, null, 2), { mode: 0o600 });
}

/** A folder `depth` folders below one with a `.beamd` that names the org. */
export function deepFolder({ world }: User, depth: number): string {
  const project = join(world.home, 'project');
  const deep = join(project, ...Array.from({ length: depth }, (_, index) => `f${index}`));
  mkdirSync(deep, { recursive: true });
  appendFileSync(join(project, '.beamd'), 'scope: acme\n');
  return deep;
}
