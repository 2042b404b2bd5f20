/** One connection of a client, over any stream. */
import type { Duplex } from 'node:stream';
import { BeamError } from '../../errors.ts';
import { isFields } from '../../loose-json.ts';
import { NEWLINE, readFrames } from '../protocol/frames.ts';
import { encodeError, encodeResult, parseRequest, type Request, type UnknownRequest } from '../protocol/messages.ts';
import { asksForRequests, RequestsMade } from '../protocol/requests.ts';
import { FRAME_DEADLINE, MAX_FRAME, type Method } from '../protocol/wire.ts';
import type { Answer } from './session-agent.ts';

export type Violation =
  'not a request' | 'frame too long' | 'frame too slow' | 'said nothing' | 'not HTTP' | 'HTTP refused' | 'HTTP pipelined';

export interface ServeHooks {
  /**
   * A call begins; what is returned is called when its answer has been written. `says`: what the client says of itself with it, if
   * it does.
   */
  onCall?(method: Method, says: unknown): () => void;
  /** What the client says of itself, with this call or one before. */
  client?(): string | undefined;
  /** A connection begins as one of HTTP does: it is all of whoever takes it, these bytes first. Absent: it breaks the protocol. */
  onHttp?(first: Buffer): void;
  /** A connection broke the protocol and was ended; `reason` holds nothing the client sent. */
  onViolation?(reason: Violation): void;
  /** A call failed with something that is not our own error. */
  onFailure?(method: Method, error: unknown): void;
}

/**
 * Serves one connection until it ends. Knows of a stream, not of a socket. A malformed, overlong or unfinished line
 * ends the connection, and so does silence at its beginning; calls run side by side and are answered as they finish. What its first
 * byte says of a connection holds until it ends.
 */
export function serve(answer: Answer, stream: Duplex, hooks: ServeHooks = {}): Promise<void> {
  return new Promise((resolve) => {
    const end = (reason: Violation): void => {
      hooks.onViolation?.(reason);
      stream.destroy();
    };
    const frames = readFrames(MAX_FRAME, (line) => {
      if (stream.destroyed) return;
      const request = parseRequest(line);
      if (request === undefined) end('not a request');
      else void reply(answer, stream, request, hooks);
    });
    const read = (chunk: Buffer): void => {
      if (hooks.onHttp !== undefined && isHttp(chunk) && !begun) {
        stream.removeListener('data', read).removeListener('end', close);
        stop?.();
        hooks.onHttp(chunk);
        return;
      }
      begun = true;
      if (!frames.push(chunk)) {
        end('frame too long');
        return;
      }
      if (!frames.partial || chunk.includes(NEWLINE)) {
        stop?.();
        stop = undefined;
      }
      if (frames.partial) stop ??= after(FRAME_DEADLINE, () => end('frame too slow'));
    };
    const close = (): void => void stream.end();
    let begun = false;
    stream.on('data', read);
    // Whoever connects is about to ask. Later a connection may rest.
    let stop: (() => void) | undefined = after(FRAME_DEADLINE, () => end(frames.partial ? 'frame too slow' : 'said nothing'));
    stream.on('error', () => stream.destroy());
    stream.on('end', close);
    stream.on('close', () => {
      stop?.();
      resolve();
    });
  });
}

/** A request of HTTP begins with a method, which is in capitals; what JSON-RPC sends is an object. */
function isHttp(chunk: Buffer): boolean {
  const [first = 0] = chunk;
  return first >= 0x41 && first <= 0x5a;
}

/** Does something after so many milliseconds; what came in while this process was held up is read before. Returns what stops it. */
export function after(ms: number, act: () => void): () => void {
  let turn: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => (turn = setImmediate(act)), ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(turn);
  };
}

async function reply(answer: Answer, stream: Duplex, request: Request | UnknownRequest, hooks: ServeHooks): Promise<void> {
  if ('problem' in request) {
    send(stream, encodeError(request.id, request.problem));
    return;
  }
  const { id, method, params } = request;
  const done = hooks.onCall?.(method, isFields(params) ? params['client'] : undefined);
  const made = asksForRequests(params) ? new RequestsMade() : undefined;
  let line: string;
  try {
    line = encodeResult(id, await answer(method, params, hooks.client?.(), made?.tell), made?.encoded());
  } catch (error) {
    if (!(error instanceof BeamError)) hooks.onFailure?.(method, error);
    line = encodeError(id, error, made?.encoded());
  }
  send(stream, line);
  done?.();
}

/** A client that asks and does not read is not asked for more: what waits for it must not fill the memory. */
function send(stream: Duplex, line: string): void {
  if (stream.destroyed || !stream.writable || stream.write(line) || stream.isPaused()) return;
  stream.pause();
  stream.once('drain', () => stream.resume());
}
