import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import { connectAgent } from '../client/client.ts';
import { listenAlone, removeSockets } from './single-instance.ts';
import type { SocketPath } from '../protocol/socket-path.ts';

describe('the one agent of an account', () => {
  let path: SocketPath;
  let umask: number;
  const servers: Server[] = [];

  beforeEach(() => {
    umask = process.umask(0);
    const folder = mkdtempSync(join(tmpdir(), 'one-'));
    path = { folder, base: join(folder, 'edge'), socket: join(folder, 'edge.sock') };
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) await close(server);
    rmSync(path.folder, { recursive: true });
    process.umask(umask);
  });

  function make(): Server {
    const server = createServer((socket) => socket.destroy());
    servers.push(server);
    return server;
  }

  async function close(server: Server): Promise<void> {
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  }

  it('is the first, whatever else comes', async () => {
    expect(await listenAlone(make(), path, systemClock)).toBe(true);
    expect(await listenAlone(make(), path, systemClock)).toBe(false);
    expect(readdirSync(path.folder).sort()).toEqual(['edge.g1', 'edge.sock']);
    expect(statSync(path.socket).mode & 0o777).toBe(0o600);
  });

  it('is the next one when the last is dead, and only one of many', async () => {
    const first = make();
    await listenAlone(first, path, systemClock);
    await close(first);
    expect(readdirSync(path.folder).sort()).toEqual(['edge.g1', 'edge.sock']);
    const won = await Promise.all(Array.from({ length: 20 }, () => listenAlone(make(), path, systemClock)));
    expect(won.filter(Boolean)).toEqual([true]);
    expect(readdirSync(path.folder).sort()).toEqual(['edge.g2', 'edge.sock']);
  });

  it('survives the end of its predecessor, whose socket file was replaced', async () => {
    const old = make();
    await listenAlone(old, path, systemClock);
    old.close();
    expect(await listenAlone(make(), path, systemClock)).toBe(true);
    await close(old);
    expect(readdirSync(path.folder).sort()).toEqual(['edge.g2', 'edge.sock']);
  });

  it('clears names that nobody claimed, once they are old', async () => {
    const left = `${path.base}.tdead0`;
    const fresh = `${path.base}.tfeed0`;
    for (const file of [left, fresh]) writeFileSync(file, '');
    const old = Date.now() / 1000 - 3600;
    utimesSync(left, old, old);
    await listenAlone(make(), path, systemClock);
    expect(readdirSync(path.folder).sort()).toEqual(['edge.g1', 'edge.sock', 'edge.tfeed0']);
  });

  it('leaves nothing behind when its account is removed', async () => {
    const server = make();
    await listenAlone(server, path, systemClock);
    await close(server);
    removeSockets(path);
    expect(readdirSync(path.folder)).toEqual([]);
    expect(await connectAgent(path, systemClock)).toBe('absent');
  });
});
