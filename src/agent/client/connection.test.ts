import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LocalSocket, SocketListener } from '../../platform/node-socket.ts';
import { Connection } from './connection.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A socket that a test ends, with the word of it coming later. */
class OwnedSocket implements LocalSocket {
  ended = false;
  listener: SocketListener | undefined;
  readonly written: string[] = [];

  listen(listener: SocketListener): void {
    this.listener = listener;
  }

  write(text: string): void {
    this.written.push(text);
  }

  end(): void {
    this.ended = true;
    this.listener?.closed();
  }
}

const LONG = 90_000;

it('takes an agent that leaves the sign of life unanswered for a silent one', async () => {
  const socket = new OwnedSocket();
  const call = expect(new Connection(socket).call('token', {}, LONG)).rejects.toMatchObject({ code: 'busy' });
  await vi.advanceTimersByTimeAsync(250 + 1_500);
  await vi.runAllTimersAsync();
  await call;
  expect(socket.written).toHaveLength(2);
});

it('takes one that is gone for gone, however late that is heard of', async () => {
  const socket = new OwnedSocket();
  const call = expect(new Connection(socket).call('token', {}, LONG)).rejects.toMatchObject({ code: 'agent_unavailable' });
  socket.ended = true;
  // The sign of life is due before anybody says that the socket was closed.
  await vi.advanceTimersByTimeAsync(250);
  socket.listener?.closed();
  await call;
  expect(socket.written).toHaveLength(1);
});
