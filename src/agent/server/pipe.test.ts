/**
 * An agent that listens where a socket is no file, as on Windows. Linux has names of the kind: they are in no folder, belong
 * to one process, and go with it.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { systemOf, type Sockets } from '../../platform/system.ts';
import { accountFile, accountsFolder, agentsFolder, type Homes } from '../../store/paths.ts';
import { NOWHERE, memoryWork } from '../agent.testing.ts';
import { connectAgent } from '../client/client.ts';
import { answerWith } from '../protocol/calls.ts';
import { agentRecord, agentSocket, type SocketPath } from '../protocol/socket-path.ts';
import { JOBS } from '../protocol/wire.ts';
import { runDaemon, type DaemonDeps } from './daemon.ts';
import { listenAlone, removeSockets } from './single-instance.ts';

const KEY = 'edge.example.com';

describe.runIf(process.platform === 'linux')('where a socket is no file', () => {
  let homes: Homes;
  let path: SocketPath;
  let sockets: Sockets;
  let stop: AbortController;

  beforeEach(async () => {
    const user = mkdtempSync(join(tmpdir(), 'pipe-'));
    homes = { user, beamd: join(user, '.beamd'), runbeam: join(user, '.runbeam') };
    mkdirSync(accountsFolder(homes), { recursive: true });
    const name = `\0beamd-${randomBytes(8).toString('hex')}`;
    sockets = { ...systemOf('win32').sockets, pipe: () => name };
    path = await agentSocket(homes, KEY, sockets);
    stop = new AbortController();
  });

  afterEach(() => rmSync(homes.user, { recursive: true }));

  function deps(onReady: () => void): DaemonDeps {
    const run = answerWith(JOBS, memoryWork(accountFile(homes, KEY), systemClock));
    const { signal } = stop;
    return { ...NOWHERE, account: KEY, homes, clock: systemClock, run, idle: 3600, tick: 1, sockets, onReady, signal };
  }

  test('one agent serves, stays, and leaves its name to the next', async () => {
    for (let round = 0; round < 2; round += 1) {
      expect(await connectAgent(path, systemClock)).toBe('absent');
      let ended: Promise<boolean> | undefined;
      await new Promise<void>((ready) => void (ended = runDaemon(deps(ready))));
      const agent = await connectAgent(path, systemClock);
      if (typeof agent === 'string') throw new Error(agent);
      const second = await runDaemon(deps(() => expect.unreachable('a second one listens')));
      expect([second, (await agent.hello()).pid]).toEqual([false, process.pid]);
      agent.close();
      stop.abort();
      expect(await ended).toBe(true);
      stop = new AbortController();
    }
    // No socket, no generation, and no name that waits for one.
    expect(readdirSync(agentsFolder(homes)).sort()).toEqual([`${KEY}.log`, `${KEY}.pid`]);
    removeSockets(path);
    expect(readdirSync(agentsFolder(homes))).toEqual([`${KEY}.log`]);
    expect(agentRecord(path)).toBe(join(agentsFolder(homes), `${KEY}.pid`));
  });

  test('of many, one gets the name', async () => {
    const servers = Array.from({ length: 20 }, () => createServer((socket) => socket.destroy()));
    const won = await Promise.all(servers.map((server) => listenAlone(server, path, systemClock)));
    expect(won.filter(Boolean)).toEqual([true]);
    expect(servers.map(({ listening }) => listening)).toEqual(won);
    for (const server of servers) server.close();
  });
});
