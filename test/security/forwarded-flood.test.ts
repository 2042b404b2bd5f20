/** A host with a forwarded socket asks without end: it must not fill the log that is to tell what it did. */
import { readFileSync } from 'node:fs';
import { connect as connectTo } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { agentLog } from '../../src/store/paths.ts';
import { keyOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { startEdgeUser } from '../support/edge.ts';

const keep = cleanup();

/** More than are said at once. */
const CALLS = 400;

/** One after the other on one connection. */
async function ask(path: string): Promise<void> {
  const socket = connectTo(path);
  let asked = 0;
  const next = (): void => {
    asked += 1;
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: asked, method: 'status', params: {} })}\n`);
  };
  next();
  for await (const line of createInterface({ input: socket })) {
    expect(line).toContain('"result"');
    if (asked === CALLS) break;
    next();
  }
  socket.destroy();
}

test('each use is told or counted, and few lines are written', async () => {
  const { edge, user } = await startEdgeUser(keep);
  const before = user.transcript().length;
  const serving = user.start('beamd', ['agent', 'forward', 'build.example.com', '--print-only', '--json']);
  await serving.waitFor(/There: export/);
  const [, socket = ''] = /^\s*"socket": "(.*)"/m.exec(user.transcript().slice(before)) ?? [];
  await ask(socket);
  serving.kill('SIGINT');
  const { stderr } = await serving.done;

  const log = readFileSync(agentLog(user.homes, keyOf(edge)), 'utf8');
  const lines = log.split('\n').filter((line) => line.includes('forwarded host=build.example.com method=status'));
  const unsaid = [...log.matchAll(/ more=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  expect(lines.length + unsaid).toBe(CALLS);
  // A busy machine may take longer, in which more may be said.
  expect(lines.length).toBeLessThan(CALLS / 2);
  expect(stderr.split('\n').filter((line) => line.startsWith('beamd: status for'))).toHaveLength(lines.length);
});
