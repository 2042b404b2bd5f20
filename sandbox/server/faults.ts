/** Trouble on demand: what a server does wrong with the next requests of a route. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';

type Headers = Readonly<Record<string, string>>;

export interface Fault {
  /** Answer with this status instead of doing the work. */
  readonly status?: number;
  /** Answer with a page instead of doing the work: `true` for a typical proxy error page. */
  readonly html?: string | true;
  /** Answer with exactly this text instead of doing the work. */
  readonly body?: string;
  /** Answer with this value instead of doing the work. */
  readonly json?: unknown;
  /** Added to whatever is answered, made anew each time by a function. With `status: 307` and `location` it is a redirect. */
  readonly headers?: Headers | (() => Headers);
  /** Never answer. */
  readonly hang?: true;
  /** Reset the connection instead of doing the work. */
  readonly reset?: true;
  /** Milliseconds to wait before doing the work, or what is waited for. */
  readonly delay?: number | Promise<unknown>;
  /** Milliseconds to wait between doing the work and answering, or what is waited for. */
  readonly hold?: number | Promise<unknown>;
  /** Do the work, then reset the connection instead of answering. */
  readonly lose?: true;
  /** Milliseconds between the bytes of the answer's body. */
  readonly drip?: number;
  /** Requests that meet this fault. Default 1; `Infinity` until `clear`. */
  readonly times?: number;
}

export interface Faults {
  /** Queues a fault for a route such as `POST /token`; `*` means any route. */
  next(route: string, fault: Fault): void;
  /** Forgets the faults of a route, or all of them. */
  clear(route?: string): void;
}

export class FaultQueue implements Faults {
  readonly #queues = new Map<string, { fault: Fault; left: number }[]>();

  next(route: string, fault: Fault): void {
    const queue = this.#queues.get(route) ?? [];
    queue.push({ fault, left: fault.times ?? 1 });
    this.#queues.set(route, queue);
  }

  clear(route?: string): void {
    if (route === undefined) this.#queues.clear();
    else this.#queues.delete(route);
  }

  /** The fault that this request meets, if any. */
  take(route: string): Fault | undefined {
    const queue = [route, '*'].map((name) => this.#queues.get(name)).find((found) => found !== undefined && found.length > 0);
    const first = queue?.[0];
    if (first === undefined) return undefined;
    first.left -= 1;
    if (first.left <= 0) queue?.shift();
    return first.fault;
  }
}

const ERROR_PAGE = '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

/**
 * Applies a fault to one exchange. True when the exchange is over and the work must not be done. Faults that come after
 * the work (`hold`, `lose`, `drip`, `headers`) are laid on the response and act when the handler ends it.
 */
export async function applyFault(fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  await passed(fault.delay);
  if (fault.hang === true) return true;
  if (fault.reset === true) {
    request.socket.resetAndDestroy();
    return true;
  }
  layOn(fault, request, response);
  return answerInstead(fault, response);
}

async function passed(wait: number | Promise<unknown> | undefined): Promise<void> {
  if (typeof wait === 'number') await sleep(wait, undefined, { ref: false });
  else await wait;
}

function headersOf({ headers = {} }: Fault): Headers {
  return typeof headers === 'function' ? headers() : headers;
}

function answerInstead(fault: Fault, response: ServerResponse): boolean {
  const text = fault.html === true ? ERROR_PAGE : (fault.html ?? fault.body ?? jsonText(fault.json));
  if (text === undefined && fault.status === undefined) return false;
  response.statusCode = fault.status ?? 200;
  response.setHeader('content-type', fault.html === undefined ? 'application/json' : 'text/html; charset=utf-8');
  for (const [name, value] of Object.entries(headersOf(fault))) response.setHeader(name, value);
  response.end(text ?? '');
  return true;
}

function jsonText(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function layOn(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
  if (fault.hold === undefined && fault.lose === undefined && fault.drip === undefined && fault.headers === undefined) return;
  const end = response.end.bind(response);
  const late = async (body: unknown): Promise<void> => {
    await passed(fault.hold);
    if (fault.lose === true) {
      request.socket.resetAndDestroy();
      return;
    }
    for (const [name, value] of Object.entries(headersOf(fault))) response.setHeader(name, value);
    const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.alloc(0);
    if (fault.drip !== undefined) await drip(response, bytes, fault.drip);
    else response.write(bytes);
    end();
  };
  Object.defineProperty(response, 'end', {
    configurable: true,
    value: (body: unknown) => {
      late(body).catch(() => response.destroy());
      return response;
    },
  });
}

async function drip(response: ServerResponse, bytes: Buffer, pause: number): Promise<void> {
  for (const byte of bytes) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await sleep(pause, undefined, { ref: false });
  }
}
