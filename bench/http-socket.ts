/** What curl pays for a token over the agent's socket, beside the same curl and a bare server of Node's own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { milliseconds, type Row } from './table.ts';
import { timeInTurns, type Program } from './time.ts';
import type { User } from './user.ts';

/** Milliseconds that a token may take longer than an answer of nothing but `node:http`. */
const ROOM = 3;

/** Answers as many bytes as the agent does, and looks at nothing. */
const BARE = `
const body = Buffer.alloc(Number(process.argv[2]), 32);
const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
require('node:http').createServer((request, response) => response.writeHead(200, headers).end(body))
  .listen(process.argv[1], () => console.log('ready'));
`;

function curl({ world }: User, name: string, socket: string): Program {
  const args = ['--silent', '--fail', '--unix-socket', socket, 'http://agent/v1/token'];
  return { name, file: 'curl', args, env: world.env, cwd: world.work };
}

/** A row; none where there is no curl. */
export async function httpRows(user: User, runs: number): Promise<Row[]> {
  const socket = join(user.world.root, 'http.sock');
  const bare = spawn(process.execPath, ['-e', BARE, socket, '200'], { env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(bare.stdout, 'data');
    const [ours, theirs] = [curl(user, 'agent', user.socket.socket), curl(user, 'bare', socket)];
    const timing = await timeInTurns([theirs, ours], runs);
    const [agent, base] = [timing('agent').wall, timing('bare').wall];
    const measured = `${milliseconds(agent)} to ${milliseconds(base)}`;
    const what = 'curl, a token over the socket, to a bare node:http';
    return [{ what, goal: `<= ${ROOM} ms more`, measured, ratio: agent / base, ok: agent - base <= ROOM }];
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  } finally {
    bare.kill();
  }
}
