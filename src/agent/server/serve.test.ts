import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NOWHERE, memoryWork, ownClock } from '../agent.testing.ts';
import { answerWith } from '../protocol/calls.ts';
import { readFrames } from '../protocol/frames.ts';
import { encodeRequest, parseResponse } from '../protocol/messages.ts';
import { FRAME_DEADLINE, JOBS, MAX_FRAME } from '../protocol/wire.ts';
import { serve } from './serve.ts';
import { answerCalls, createAgent } from './session-agent.ts';

describe('a served connection', () => {
  let folder: string;
  let server: Server;
  let client: Socket;
  const violations: string[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'serve-'));
    const clock = ownClock();
    const file = join(folder, 'account.yaml');
    const work = memoryWork(file, clock);
    const agent = createAgent({ ...NOWHERE, account: 'edge', file, clock, work, random: () => 0, network: () => '' });
    violations.length = 0;
    server = createServer((socket) => {
      void serve(answerCalls(agent, answerWith(JOBS, work)), socket, { onViolation: (reason) => violations.push(reason) });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');
  });

  afterEach(async () => {
    vi.useRealTimers();
    client.destroy();
    server.close();
    await once(server, 'close');
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['something that is not JSON', 'hello\n', 'not a request'],
    ['JSON that is no request', '{"jsonrpc":"2.0","id":1}\n', 'not a request'],
    ['a line that is too long', 'x'.repeat(MAX_FRAME + 1), 'frame too long'],
  ])('ends at %s', async (_, bytes, reason) => {
    client.write(bytes);
    client.on('error', () => undefined);
    await once(client, 'close');
    expect(violations).toEqual([reason]);
  });

  it('ends when a line is begun and not finished in time', async () => {
    client.destroy();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const slow = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [arrived] = (await once(server, 'connection')) as [Socket];
    slow.write('{"jsonrpc"');
    await vi.waitUntil(() => arrived.bytesRead > 0);
    const closed = once(slow, 'close');
    vi.advanceTimersByTime(FRAME_DEADLINE);
    await closed;
    expect(violations).toEqual(['frame too slow']);
  });

  it('ends when nothing is said in time, and rests once something was', async () => {
    client.destroy();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const port = (server.address() as AddressInfo).port;
    const [silent, resting] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    resting.write(encodeRequest({ id: 1, method: 'hello', params: {} }));
    await once(resting, 'data');
    await vi.waitUntil(() => vi.getTimerCount() === 1);
    const closed = once(silent, 'close');
    silent.resume();
    vi.advanceTimersByTime(FRAME_DEADLINE);
    await closed;
    vi.advanceTimersByTime(10 * FRAME_DEADLINE);
    resting.write(encodeRequest({ id: 2, method: 'hello', params: {} }));
    await once(resting, 'data');
    expect(violations).toEqual(['said nothing']);
    resting.destroy();
  });

  it('answers a request it cannot read, and goes on', async () => {
    const answers: unknown[] = [];
    const frames = readFrames(MAX_FRAME, (line) => answers.push(parseResponse(line)));
    client.on('data', (chunk: Buffer) => frames.push(chunk));
    client.write('{"jsonrpc":"2.0","id":1,"method":"dance"}\n{"jsonrpc":"2.0","id":2,"method":"machine_token"}\n');
    client.write(encodeRequest({ id: 3, method: 'stop', params: {} }));
    await vi.waitUntil(() => answers.length === 3);
    expect(answers).toEqual([
      { id: 1, error: expect.objectContaining({ code: 'agent_unavailable' }) as unknown },
      { id: 2, error: expect.objectContaining({ code: 'agent_unavailable' }) as unknown },
      { id: 3, result: {} },
    ]);
    expect(violations).toEqual([]);
  });
});
