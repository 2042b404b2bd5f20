import { linkSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { BeamError, systemCode } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { connectLocal } from '../../platform/local-socket.ts';
import { agentRecord, isForeignSocket, startClaim, type SocketPath } from '../protocol/socket-path.ts';

/** How long a probe waits before it takes a silent agent for a busy one, milliseconds. */
const PROBE_DEADLINE = 1_000;

/** Clients that may wait to be taken up; the usual 511 are fewer than a thousand commands at once. */
const BACKLOG = 4_096;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw new BeamError('agent_unavailable', `${folder} cannot be read`, { cause: error });
  }
}

function generationsOf({ base }: SocketPath): number[] {
  const prefix = `${basename(base)}.g`;
  return namesIn(dirname(base))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
}

/** Whether somebody listens. A full backlog or silence is a busy agent, never a dead one. */
async function isLive(path: string): Promise<boolean> {
  const socket = await connectLocal(path, PROBE_DEADLINE);
  if (typeof socket === 'string') return socket !== 'nobody';
  socket.end();
  return true;
}

/** Binds a socket that only its owner can open, from the first moment on. False if the name is taken. Throws `agent_unavailable`. */
export function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if (systemCode(error) === 'EADDRINUSE') resolve(false);
      else reject(new BeamError('agent_unavailable', `The agent cannot listen at ${path}`, { cause: error }));
    });
    // Node binds within this call, so the socket is born 0600; a chmod afterwards would leave a loose moment.
    const umask = system.files.umask(0o177);
    server.listen({ path, backlog: BACKLOG }, () => resolve(true));
    system.files.umask(umask);
  });
}

function claim(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw new BeamError('agent_unavailable', `The agent cannot claim ${path}`, { cause: error });
  }
}

/**
 * Listens as the only agent of an account, or resolves to false when there is one already; the server is then closed.
 *
 * There is no flock in Node, and unlinking a stale socket races with the next agent binding it. So the socket is bound
 * under a random name and given a generation by link(2), which only one process can do; a generation is dead once
 * nobody listens behind it, and the highest one is never removed. A pipe needs nothing of this: the system gives its name to
 * one process, and takes it away with that process. Throws `agent_unavailable`.
 */
export async function listenAlone(server: Server, path: SocketPath, clock: Clock): Promise<boolean> {
  if (path.pipe === true) return listen(server, path.socket);
  const name = Math.floor(Math.random() * 0xffff_ffff).toString(16);
  const temporary = `${path.base}.t${name}`;
  if (!(await listen(server, temporary))) throw new BeamError('agent_unavailable', `The agent cannot listen at ${temporary}`);
  for (;;) {
    const generations = generationsOf(path);
    const highest = generations.at(-1) ?? 0;
    if (highest > 0 && (await isLive(`${path.base}.g${String(highest)}`))) {
      server.close();
      return false;
    }
    const mine = `${path.base}.g${String(highest + 1)}`;
    if (!claim(temporary, mine)) continue;
    // A process that slept since it read the generations can claim a number that was used and removed meanwhile. The
    // highest is never removed, so then there is a higher one.
    if (generationsOf(path).at(-1) !== highest + 1) {
      removeQuietly(mine);
      continue;
    }
    // First the place, then the lower generations: a socket of ours that clients can see always has both of its names.
    renameSync(temporary, path.socket);
    for (const old of generations) removeQuietly(`${path.base}.g${String(old)}`);
    sweepUnclaimed(path, clock);
    return true;
  }
}

/** Age past which a random name that nobody claimed was left behind by a crash, milliseconds. */
const UNCLAIMED_AGE = 60_000;

function sweepUnclaimed({ base }: SocketPath, clock: Clock): void {
  const prefix = `${basename(base)}.t`;
  for (const name of namesIn(dirname(base))) {
    if (!name.startsWith(prefix) || !/^[0-9a-f]+$/.test(name.slice(prefix.length))) continue;
    const file = join(dirname(base), name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat !== undefined && clock.now() - stat.mtimeMs > UNCLAIMED_AGE) removeQuietly(file);
  }
}

/** Removes what the agents of a removed account left. Only for an account that no longer exists. */
export function removeSockets(path: SocketPath): void {
  const left = [
    ...(path.pipe === true || isForeignSocket(path.socket) ? [] : [path.socket]),
    agentRecord(path),
    startClaim(path),
    ...generationsOf(path).map((generation) => `${path.base}.g${String(generation)}`),
  ];
  for (const name of left) removeQuietly(name);
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      throw new BeamError('agent_unavailable', `The stale socket ${path} cannot be removed`, { cause: error });
    }
  }
}
