/** The agent's HTTP side: three calls that only read, for programs that do not speak JSON-RPC. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { BeamError, systemCode } from '../../errors.ts';
import { answerError, answerJson, bodyOf, rawError } from '../protocol/http-answers.ts';
import { HEAD_DEADLINE, HTTP_IDLE, MAX_HEAD, refuseRequest } from '../protocol/http-guards.ts';
import { readTarget, type Route } from '../protocol/http-queries.ts';
import { ownError } from '../protocol/messages.ts';
import type { Method } from '../protocol/wire.ts';
import { after, type ServeHooks } from './serve.ts';
import type { Answer } from './session-agent.ts';

/** What `Host` may say. A socket has no name of its own, and these are no page's. */
const HOSTS = ['agent', 'localhost'];

/** What can be asked: what an agent holds. Nothing that mints, changes or asks a server on purpose. */
const ROUTES: ReadonlyMap<string, Route & { readonly method: Method }> = new Map([
  ['/v1/token', { method: 'token', parameters: { scope: 'text', min_ttl: 'seconds' } }],
  ['/v1/status', { method: 'status', parameters: {} }],
  ['/v1/scopes', { method: 'scopes', parameters: {} }],
]);

interface Connection {
  readonly hooks: ServeHooks;
  /** A request is not answered yet. */
  busy: boolean;
  /** The rest of a head is awaited. */
  begun: boolean;
  /** Takes back the end that awaits this connection. */
  stop: () => void;
}

/** Serves connections whose first byte was that of HTTP. `node:http` is loaded for the first of them. */
export class HttpSide {
  readonly #answer: Answer;
  readonly #connections = new WeakMap<Duplex, Connection>();
  #server: Server | undefined;
  #ending = false;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  /** From now on each answer is the last one of its connection. */
  end(): void {
    this.#ending = true;
  }

  /** Takes over a connection, of which these bytes were read. It speaks HTTP until it ends. */
  take(stream: Duplex, first: Buffer, hooks: ServeHooks): void {
    const connection: Connection = { hooks, busy: false, begun: false, stop: () => undefined };
    this.#connections.set(stream, connection);
    this.#await(stream, connection);
    stream.once('close', () => connection.stop());
    stream.unshift(first);
    this.#server ??= this.#newServer();
    this.#server.emit('connection', stream);
    // Heard after the parser: what is not a whole request by then is the beginning of one.
    stream.on('data', () => {
      if (!connection.busy) this.#await(stream, connection);
    });
  }

  /** A head that was begun has to be finished in time, however it drips in. */
  #await(stream: Duplex, connection: Connection): void {
    if (connection.begun) return;
    connection.begun = true;
    connection.stop();
    connection.stop = after(HEAD_DEADLINE, () => {
      connection.hooks.onViolation?.('frame too slow');
      stream.destroy();
    });
  }

  #newServer(): Server {
    // Loaded here: most agents are never asked this way.
    const { createServer } = process.getBuiltinModule('node:http');
    // The deadlines are ours: those of the server need one that listens.
    const server = createServer({
      maxHeaderSize: MAX_HEAD,
      keepAliveTimeout: HTTP_IDLE,
      headersTimeout: 0,
      requestTimeout: 0,
      insecureHTTPParser: false,
      requireHostHeader: false,
    });
    // Each one is looked at, and the size of the head is bounded.
    server.maxHeadersCount = 0;
    const serve = (request: IncomingMessage, response: ServerResponse): void => this.#serve(request, response);
    server.on('request', serve).on('checkContinue', serve).on('checkExpectation', serve);
    server.on('connect', (_request, stream) => this.#refuse(stream, 405));
    server.on('clientError', (error, stream) => this.#refuse(stream, systemCode(error) === 'HPE_HEADER_OVERFLOW' ? 431 : 400));
    return server;
  }

  /** What is no request that we read gets one answer, and the connection ends. */
  #refuse(stream: Duplex, status: 400 | 405 | 431): void {
    this.#connections.get(stream)?.hooks.onViolation?.('not HTTP');
    if (stream.writable) {
      const error = new BeamError('usage', 'This is no request that is answered here', {
        hint: { text: 'Ask with GET, HTTP/1.1, and a head of at most 8 KiB' },
      });
      stream.write(rawError(status, 'Refused', error));
    }
    stream.destroy();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    // A client asks, reads, and asks again: whoever does not wait is no client that we know.
    if (connection === undefined || connection.busy) {
      connection?.hooks.onViolation?.('HTTP pipelined');
      request.socket.destroy();
      return;
    }
    connection.stop();
    connection.begun = false;
    connection.busy = true;
    response.once('finish', () => {
      connection.busy = false;
      connection.stop = after(HTTP_IDLE, () => request.socket.destroy());
      if (request.socket.destroyed) connection.stop();
    });
    void this.#reply(request, response, connection.hooks);
  }

  async #reply(request: IncomingMessage, response: ServerResponse, hooks: ServeHooks): Promise<void> {
    const refused = refuseRequest(request, HOSTS);
    // A parser that has seen an upgrade reads no further request.
    const last = this.#ending || request.headers.upgrade !== undefined;
    if (refused !== undefined || last) response.setHeader('connection', 'close');
    if (refused !== undefined) {
      hooks.onViolation?.('HTTP refused');
      answerError(response, refused.error, refused.status);
      return;
    }
    let done: (() => void) | undefined;
    try {
      const { route, params } = readTarget(request.url ?? '', ROUTES);
      const { method } = route;
      done = hooks.onCall?.(method, request.headers['user-agent']);
      try {
        answerJson(response, 200, bodyOf(await this.#answer(method, params, hooks.client?.())));
      } catch (error) {
        if (!(error instanceof BeamError)) hooks.onFailure?.(method, error);
        throw error;
      }
    } catch (error) {
      answerError(response, ownError(error));
    }
    done?.();
  }
}
