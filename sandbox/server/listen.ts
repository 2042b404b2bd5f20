/** A real HTTP server on a loopback address, with counters, a log without secrets and faults. */
import { EventEmitter } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { applyFault, FaultQueue, type Faults } from './faults.ts';
import { bearerOf, readBody, send, type Handler } from './exchange.ts';
import { compileRoutes, type Matched, type Routes } from './routes.ts';

export interface ListenOptions {
  /** Loopback address: `127.0.0.1` (default) or `::1`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** PEM texts; with them the server speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface Counters {
  /** Requests by route, such as `POST /token`; a path that no route knows counts as `GET (other)`. */
  readonly requests: Record<string, number>;
  /** Refresh tokens traded for new ones. */
  refreshes: number;
  /** Refreshes answered with `invalid_grant`. */
  refusedRefreshes: number;
  /** Sessions ended by the client. */
  revocations: number;
  /** Machine tokens issued or received. */
  authorizations: number;
}

/** A refresh token that was traded, or refused, as the server saw it. */
export interface Refresh {
  /** When it was decided on, on the clock of `performance.now`. */
  readonly at: number;
  readonly granted: boolean;
  /** The client's end of the connection. */
  readonly clientPort: number;
  /** When the answer was given to the system; undefined until then, and for a client that is gone. */
  answered?: number;
}

export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  /** The route, never the path: paths can hold codes. */
  readonly route: string;
  /** Undefined when the connection went away before an answer. */
  readonly status: number | undefined;
}

/** What every sandbox server is, besides what it plays. */
export interface Running {
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  readonly counters: Counters;
  readonly log: readonly LogEntry[];
  readonly faults: Faults;
  /** When the next answer of a route has been given to the system, on the clock of `performance.now`. */
  answered(route: string): Promise<number>;
  /** Has every refresh told from now on, before it is answered. */
  onRefresh(listener: (refresh: Refresh) => void): void;
  /** Resolves when the port and every connection are free. */
  close(): Promise<void>;
}

/** Another handler for what no route takes; `name` turns its paths into route names. */
export interface Fallback {
  readonly name: (path: string) => string;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
}

export interface Listening extends Running {
  /** Sets what is served. Until then everything is 404: the origin must be known before routes can name it. */
  mount(routes: Routes, fallback?: Fallback): void;
  /** Counts and tells a refresh that was decided on. */
  refreshed(granted: boolean, request: IncomingMessage, response: ServerResponse): void;
}

export async function listen(options: ListenOptions = {}): Promise<Listening> {
  const host = options.host ?? '127.0.0.1';
  const counters: Counters = { requests: {}, refreshes: 0, refusedRefreshes: 0, revocations: 0, authorizations: 0 };
  const log: LogEntry[] = [];
  const faults = new FaultQueue();
  const answers = new EventEmitter();
  const refreshListeners: ((refresh: Refresh) => void)[] = [];
  let match = compileRoutes({});
  let fallback: Fallback | undefined;
  let origin = '';

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? 'GET';
    const url = requestUrl(request, origin);
    const found = match(method, url.pathname);
    const route = found?.route ?? `${method} ${fallback?.name(url.pathname) ?? '(other)'}`;
    counters.requests[route] = (counters.requests[route] ?? 0) + 1;
    response.once('close', () => {
      log.push({ at: Date.now(), method, route, status: response.writableEnded ? response.statusCode : undefined });
    });
    response.once('finish', () => answers.emit(route, performance.now()));
    const fault = faults.take(route);
    if (fault !== undefined && (await applyFault(fault, request, response))) return;
    if (found !== undefined) await runHandler(found, url, request, response);
    else if (fallback !== undefined) await fallback.handle(request, response);
    else send(response, { status: 404, json: { error: 'not_found', message: 'Not found.' } });
  };

  const server = await open(options, host, (request, response) => {
    handle(request, response).catch(() => {
      if (!response.headersSent) send(response, { status: 500, json: { error: 'server_error' } });
      else response.destroy();
    });
  });
  const port = portOf(server);
  origin = `${options.tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    origin,
    host,
    port,
    counters,
    log,
    faults,
    answered: (route) => new Promise((resolve) => answers.once(route, resolve)),
    onRefresh: (listener) => void refreshListeners.push(listener),
    refreshed: (granted, request, response) => {
      counters[granted ? 'refreshes' : 'refusedRefreshes'] += 1;
      const refresh: Refresh = { at: performance.now(), granted, clientPort: request.socket.remotePort ?? 0 };
      response.once('finish', () => (refresh.answered = performance.now()));
      for (const listener of refreshListeners) listener(refresh);
    },
    mount: (routes, other) => {
      match = compileRoutes(routes);
      fallback = other;
    },
    close: () => closeServer(server),
  };
}

async function runHandler(found: Matched<Handler>, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { headers } = request;
  const body = await readBody(request);
  const exchange = { method: request.method ?? 'GET', url, params: found.params, headers, body, bearer: bearerOf(headers) };
  send(response, await found.handler({ ...exchange, raw: { request, response } }));
}

/** The URL as asked. A Host header for another port, or none, falls back to the server's own origin. */
function requestUrl(request: IncomingMessage, origin: string): URL {
  const own = new URL(request.url ?? '/', origin);
  const asked = new URL(own);
  asked.host = request.headers.host ?? own.host;
  return asked.port === own.port ? asked : own;
}

function open(
  options: ListenOptions,
  host: string,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server = options.tls === undefined ? createHttp(onRequest) : createHttps({ ...options.tls }, onRequest);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
