/** Clients that take every place of an agent and say nothing, and an agent that lets nobody in. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync } from 'node:fs';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { agentLog } from '../../src/store/paths.ts';
import { connect, keyOf, socketOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { startTokenUser } from '../support/edge.ts';
import { commandOf, quoted } from '../support/cli-user.ts';

const keep = cleanup();

/** Connections that say nothing, and come again whenever they are let go. */
function silentClients(path: string, many: number): { close(): void } {
  let over = false;
  const sockets = new Set<Socket>();
  const open = (): void => {
    const socket = connectSocket(path).resume();
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      if (!over) setTimeout(open, 20);
    });
  };
  for (let count = 0; count < many; count += 1) open();
  return {
    close: () => {
      over = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}

test.skipIf(process.platform !== 'linux')('more silent clients than an agent has descriptors keep nobody out', async () => {
  const { edge, user } = await startTokenUser(keep);
  const start = `ulimit -n 96; exec ${quoted(commandOf('beamd'))} agent start`;
  execFileSync('sh', ['-c', start], { env: user.env, cwd: user.work });
  const path = await socketOf(user, edge);
  keep(silentClients(path.socket, 150));
  for (let call = 0; call < 5; call += 1) {
    expect(await user.beamd('token')).toEqual({ code: 0, stdout: `${edge.token}\n`, stderr: '' });
  }
  const agent = keep(await connect(user, edge));
  expect((await agent.status()).served).toBe(5);
  expect(user.agents().map(({ pid }) => pid)).toEqual([agent.info.pid]);
  expect(readFileSync(agentLog(user.homes, keyOf(edge)), 'utf8')).toContain('connection refused reason=made room\n');
});

test('an agent that takes connections and ends them at once is busy: commands do without it and start no other', async () => {
  const { edge, user } = await startTokenUser(keep);
  const path = await socketOf(user, edge);
  mkdirSync(path.folder, { recursive: true, mode: 0o700 });
  let taken = 0;
  const umask = process.umask(0o177);
  const server = createServer((socket) => {
    taken += 1;
    socket.destroy();
  }).listen(path.socket);
  process.umask(umask);
  // As a socket of ours has it.
  linkSync(path.socket, `${path.base}.g1`);
  keep({ close: () => void server.close() });
  const ran = await user.beamd('token');
  expect({ ...ran, stderr: ran.stderr.slice(0, 28), taken: taken > 1 }).toEqual({
    code: 0,
    stdout: `${edge.token}\n`,
    stderr: '! The agent does not answer;',
    taken: true,
  });
  expect(user.agents()).toEqual([]);
});
