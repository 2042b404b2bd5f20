/** Talking to an agent: calls by number over one socket. */
import { BeamError } from '../../errors.ts';
import { readFrames } from '../protocol/frames.ts';
import { encodeRequest, parseResponse } from '../protocol/messages.ts';
import { HELLO_DEADLINE, MAX_FRAME } from '../protocol/token-calls.ts';
import type { Method } from '../protocol/wire.ts';
import type { LocalSocket } from '../../platform/local-socket.ts';

/** How long after a sign of life the agent is asked for the next one while a call waits, milliseconds, and has for it. */
const HEARTBEAT = 250;
const PULSE_DEADLINE = 1_500;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  timer: NodeJS.Timeout;
  readonly onRequests: ((requests: unknown) => void) | undefined;
}

function gone(): BeamError {
  return new BeamError('agent_unavailable', 'The agent ended before it answered', { hint: { command: 'beamd agent log' } });
}

function silent(): BeamError {
  return new BeamError('busy', 'The agent does not answer', { hint: { command: 'beamd agent stop' } });
}

/** One connection: calls by number, each with its deadline. */
export class Connection {
  readonly #socket: LocalSocket;
  readonly #waiting = new Map<number, Waiting>();
  #heartbeat: NodeJS.Timeout | undefined;
  #nextId = 1;
  #silent = false;

  constructor(socket: LocalSocket) {
    this.#socket = socket;
    const frames = readFrames(MAX_FRAME, (line) => {
      this.#receive(line);
    });
    socket.listen({
      data: (chunk) => {
        if (!frames.push(chunk)) socket.end();
      },
      closed: () => {
        clearTimeout(this.#heartbeat);
        for (const waiting of this.#waiting.values()) {
          clearTimeout(waiting.timer);
          waiting.reject(this.#silent ? silent() : gone());
        }
        this.#waiting.clear();
      },
    });
  }

  #receive(line: string): void {
    const response = parseResponse(line);
    const waiting = response && this.#waiting.get(response.id);
    if (response === undefined || waiting === undefined) return;
    this.#waiting.delete(response.id);
    clearTimeout(waiting.timer);
    waiting.onRequests?.(response.requests);
    if ('error' in response) waiting.reject(response.error);
    else waiting.resolve(response.result);
  }

  /**
   * Makes a call, parameters and result in their JSON form. Throws what the agent answers with, `busy` after `deadline`
   * milliseconds or when the agent stops giving signs of life, and `agent_unavailable` when it goes. `onRequests` is
   * given, before that, the requests that came with the answer, as they are.
   */
  call(method: Method, params: unknown, deadline: number, onRequests?: Waiting['onRequests']): Promise<unknown> {
    if (deadline > HELLO_DEADLINE) this.#feelPulse();
    return this.#send(method, params, deadline, onRequests);
  }

  /** A call may take long; an agent that was stopped or hangs must not be waited for as long. */
  #feelPulse(): void {
    this.#heartbeat ??= setTimeout(() => {
      if (this.#waiting.size === 0) {
        this.#heartbeat = undefined;
        return;
      }
      this.#send('hello', {}, PULSE_DEADLINE).then(
        () => {
          this.#heartbeat = undefined;
          this.#feelPulse();
        },
        () => {
          // One that has ended is gone, and not silent: it may say so only after a timer that was due meanwhile.
          if (this.#socket.ended) return;
          this.#silent = true;
          this.#socket.end();
        },
      );
    }, HEARTBEAT).unref();
  }

  #send(method: Method, params: unknown, deadline: number, onRequests?: Waiting['onRequests']): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#socket.ended) {
        reject(gone());
        return;
      }
      const timer = setTimeout(() => {
        // The answer may be here already and unread, when this process was the one that was held up.
        setImmediate(() => {
          if (!this.#waiting.delete(id)) return;
          reject(silent());
        });
      }, deadline);
      this.#waiting.set(id, { resolve, reject, timer, onRequests });
      this.#socket.write(encodeRequest({ id, method, params }));
    });
  }

  /** Whether the agent has not ended it. */
  get open(): boolean {
    return !this.#socket.ended;
  }

  close(): void {
    clearTimeout(this.#heartbeat);
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#socket.end();
  }
}
