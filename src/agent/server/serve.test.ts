import fc from 'fast-check';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readFrames } from '../protocol/frames.ts';
import { FRAME_DEADLINE, MAX_FRAME, encodeRequest, parseRequest, parseResponse } from '../protocol/wire.ts';
import type { Call } from '../protocol/wire.ts';
import { serve } from './serve.ts';
import { createAgent } from './session-agent.ts';
import { memoryWork, ownClock } from '../agent.testing.ts';

describe('frames', () => {
  it('are the same lines however the stream is cut', () => {
    const lines = fc.array(fc.string({ minLength: 1, unit: 'grapheme' }).filter((line) => !line.includes('\n')));
    fc.assert(
      fc.property(lines, fc.array(fc.nat(20)), (sent, cuts) => {
        const received: string[] = [];
        const frames = readFrames(MAX_FRAME, (line) => received.push(line));
        const stream = Buffer.from(sent.map((line) => `${line}\n`).join(''));
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          expect(frames.push(stream.subarray(at, at + cut))).toBe(true);
          at += cut;
        }
        expect(received).toEqual(sent);
        expect(frames.partial).toBe(false);
      }),
    );
  });

  it('longer than the cap are refused, whole or in pieces', () => {
    const frames = (): ReturnType<typeof readFrames> => readFrames(4, () => undefined);
    expect(frames().push(Buffer.from('1234\n'))).toBe(true);
    expect(frames().push(Buffer.from('12345\n'))).toBe(false);
    const dripped = frames();
    expect(['1', '2', '3', '4', '5'].map((byte) => dripped.push(Buffer.from(byte)))).toEqual([true, true, true, true, false]);
  });
});

describe('requests', () => {
  const calls: fc.Arbitrary<Call> = fc.oneof(
    fc.constantFrom<Call>({ method: 'hello' }, { method: 'status' }, { method: 'stop' }, { method: 'refresh_scopes' }),
    fc.record({ method: fc.constant('token' as const), scope: fc.string() }),
    fc.record({ method: fc.constant('machine_token' as const), gatewayCode: fc.string() }),
    fc.record({
      method: fc.constant('authorize' as const),
      request: fc.record({
        instance: fc.record({
          id: fc.string(),
          ip: fc.string(),
          port: fc.nat(65_535),
          label: fc.string(),
          pathPrefix: fc.string(),
        }),
        via: fc.constantFrom('cloud' as const, 'harmony' as const),
        retry: fc.boolean(),
      }),
    }),
  );

  it('arrive as they were sent, one line each', () => {
    fc.assert(
      fc.property(fc.nat(), calls, (id, call) => {
        const line = encodeRequest({ id, call });
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(parseRequest(line)).toEqual({ id, call });
      }),
    );
  });

  it('of any other kind are never taken for one', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(parseRequest(line)).toBeUndefined();
      }),
    );
  });
});

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
    const agent = createAgent({ account: 'edge', file, clock, work, random: () => 0, network: () => '' });
    violations.length = 0;
    server = createServer((socket) => {
      void serve(agent, socket, { onViolation: (reason) => violations.push(reason) });
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
    const arrived = once(server, 'connection');
    await arrived;
    slow.write('{"jsonrpc"');
    // The server has it once its timer is set.
    await vi.waitUntil(() => vi.getTimerCount() > 0);
    const closed = once(slow, 'close');
    vi.advanceTimersByTime(FRAME_DEADLINE);
    await closed;
    expect(violations).toEqual(['frame too slow']);
  });

  it('answers a request it cannot read, and goes on', async () => {
    const answers: unknown[] = [];
    const frames = readFrames(MAX_FRAME, (line) => answers.push(parseResponse(line)));
    client.on('data', (chunk: Buffer) => frames.push(chunk));
    client.write('{"jsonrpc":"2.0","id":1,"method":"dance"}\n{"jsonrpc":"2.0","id":2,"method":"machine_token"}\n');
    client.write(encodeRequest({ id: 3, call: { method: 'stop' } }));
    await vi.waitUntil(() => answers.length === 3);
    expect(answers).toEqual([
      { id: 1, error: expect.objectContaining({ code: 'agent_unavailable' }) as unknown },
      { id: 2, error: expect.objectContaining({ code: 'agent_unavailable' }) as unknown },
      { id: 3, result: {} },
    ]);
    expect(violations).toEqual([]);
  });
});
