import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { BeamError, systemCode } from '../errors.ts';
import type { Env } from '../environment.ts';
import { isLoopback, type Http, type HttpRequest, type HttpResponse, type ServerTrust } from '../http.ts';
import { decodeBody } from './decode.ts';
import { proxyFor } from './proxy.ts';
import { trustOf, type Trust } from './trust.ts';
import { omitUndefined } from '../omit-undefined.ts';

const DEADLINE = 15_000;
const MAX_BYTES = 1024 * 1024;
/** Silence after which the other side is asked whether it is still there, milliseconds. */
const KEEP_ALIVE = 30_000;

/** Whom to trust, and the environment that names the proxy and further CAs. */
export interface HttpOptions extends ServerTrust {
  readonly env: Env;
}

/**
 * The one way this program speaks HTTP: node:https, loaded at the first request. Every request has a connection of its
 * own, so that a token never goes out on one that the server is just closing. Throws as `Http` says, `bad_server` for
 * what is not an http(s) URL, `bad_config` for a proxy that cannot be used, and `bad_file` for an unreadable `caFile`.
 */
export function createHttp(options: HttpOptions): Http {
  let trust: Trust | undefined;
  return async (request) => {
    const url = checkedUrl(request.url);
    if (url.protocol === 'https:') trust ??= trustOf(options);
    const proxy = url.protocol === 'https:' ? proxyFor(url, options.env) : undefined;
    return exchange(omitUndefined({ request, url, trust, proxy }));
  };
}

interface Target {
  readonly request: HttpRequest;
  readonly url: URL;
  /** Absent for plain http. */
  readonly trust?: Trust;
  readonly proxy?: URL;
}

function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new BeamError('bad_server', 'A server gave, or was given as, something that is not an http(s) URL');
  }
  if (url.username !== '' || url.password !== '') {
    throw new BeamError('bad_server', `The URL for ${url.host} holds a user name or password, which is not sent`);
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new BeamError('insecure_transport', `Refused to speak plain http to ${url.host}`, {
      hint: { text: `Use https://${url.host}` },
    });
  }
  return url;
}

async function exchange(target: Target): Promise<HttpResponse> {
  const { request, url } = target;
  const stop = new AbortController();
  const watch = new Watch(stop, url.host, request);
  try {
    const agent = target.proxy === undefined ? undefined : await proxyAgent(target.proxy, target.trust, stop.signal);
    return await send(target, stop.signal, agent, watch);
  } finally {
    watch.end();
    stop.abort();
  }
}

/** Aborts `stop` with the error to report, at the deadline or when the caller does. */
class Watch {
  readonly #stop: AbortController;
  readonly #host: string;
  readonly #request: HttpRequest;
  readonly #timer: NodeJS.Timeout;
  #over = false;

  constructor(stop: AbortController, host: string, request: HttpRequest) {
    this.#stop = stop;
    this.#host = host;
    this.#request = request;
    const deadline = request.deadline ?? DEADLINE;
    this.#timer = setTimeout(() => {
      // After a suspend the deadline has passed and the answer is in the socket, unread: timers come first, so it gets a turn.
      setImmediate(() => {
        this.#abort(new BeamError('timeout', `${host} did not answer in full within ${deadline / 1000} s`));
      });
    }, deadline);
    if (request.signal?.aborted === true) this.#interrupt();
    request.signal?.addEventListener('abort', this.#interrupt, { once: true });
  }

  readonly #interrupt = (): void => {
    this.#abort(new BeamError('interrupted', `The request to ${this.#host} was interrupted`));
  };

  #abort(error: BeamError): void {
    if (!this.#over) this.#stop.abort(error);
  }

  /** From now on the server may have the request. */
  reached(): void {
    if (this.#request.once === true) this.end();
  }

  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener('abort', this.#interrupt);
  }
}

async function proxyAgent(proxy: URL, trust: Trust | undefined, signal: AbortSignal): Promise<RequestOptions['agent']> {
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  // The signal ends a proxy that accepts and never answers: destroying the request does not reach that socket.
  return new HttpsProxyAgent(proxy, { ...trust, signal });
}

async function send(target: Target, signal: AbortSignal, agent: RequestOptions['agent'], watch: Watch): Promise<HttpResponse> {
  const { request, url, proxy } = target;
  signal.throwIfAborted();
  const call = open(target, agent);
  return new Promise((resolve, reject) => {
    let answered = false;
    const fail = (error: unknown): void => {
      reject(error instanceof BeamError ? error : networkError(error, url.host, proxy?.host));
      call.destroy();
    };
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
    call.once('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        watch.reached();
        // A server that is gone without a word is found out by the system, within a minute.
        if (request.once === true) socket.setKeepAlive(true, KEEP_ALIVE);
      });
    });
    call.on('error', fail);
    // Without a response this may be the only sign of the end.
    call.on('close', () => answered || fail(undefined));
    call.on('proxyConnect', ({ statusCode }: { readonly statusCode: number }) => {
      // What a proxy says must never be read as what the server says.
      if (statusCode !== 200) fail(proxyRefusal(url, proxy, statusCode));
    });
    call.on('response', (answer) => {
      answered = true;
      read(answer, url.host, request.maxBytes ?? MAX_BYTES).then(resolve, fail);
    });
    call.end(payload(request).body);
  });
}

function proxyRefusal(url: URL, proxy: URL | undefined, status: number): BeamError {
  const hint = status === 407 ? { hint: { text: 'Put a user name and password into HTTPS_PROXY' } } : {};
  return new BeamError('network', `The proxy ${proxy?.host ?? ''} refused to reach ${url.host} (${status})`, hint);
}

function open(target: Target, agent: RequestOptions['agent']): ClientRequest {
  const { request, url, trust } = target;
  const { request: start } =
    url.protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
  const method = request.method ?? 'GET';
  try {
    const options = { method, headers: headersOf(request), ...trust };
    return start(url, agent === undefined ? { ...options, agent: false } : { ...options, agent, ...identityOf(url) });
  } catch (error) {
    throw new BeamError('usage', `The request to ${url.host} has a header with characters that HTTP does not allow`, {
      hint: { text: 'Check the token for line breaks and spaces' },
      cause: error,
    });
  }
}

/**
 * Whose certificate is expected behind a proxy. The agent names no host to the TLS of an address, and Node would then compare
 * the certificate with `localhost`.
 */
function identityOf({ hostname }: URL): Pick<ConnectionOptions, 'checkServerIdentity'> {
  const host = hostname.replace(/^\[|\]$/g, '');
  return { checkServerIdentity: (_, certificate) => process.getBuiltinModule('node:tls').checkServerIdentity(host, certificate) };
}

function payload(request: HttpRequest): { readonly type?: string; readonly body?: string } {
  if (request.json !== undefined) return { type: 'application/json', body: JSON.stringify(request.json) };
  if (request.form !== undefined) {
    return { type: 'application/x-www-form-urlencoded', body: new URLSearchParams({ ...request.form }).toString() };
  }
  return request.body === undefined ? {} : { body: request.body };
}

function headersOf(request: HttpRequest): OutgoingHttpHeaders {
  const { type, body } = payload(request);
  const headers: OutgoingHttpHeaders = { 'accept': 'application/json', 'user-agent': 'beamd-cli' };
  if (type !== undefined) headers['content-type'] = type;
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  if (request.bearer !== undefined) headers.authorization = `Bearer ${request.bearer.reveal()}`;
  if (body !== undefined || request.method === 'POST') headers['content-length'] = Buffer.byteLength(body ?? '');
  return headers;
}

async function read(answer: IncomingMessage, host: string, maxBytes: number): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  const broken = await collect(answer, chunks, host, maxBytes);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const text = decodeBody(Buffer.concat(chunks), headers['content-encoding'], host, maxBytes);
  // JSON says itself where it ends: one that is all there was not cut short, whatever became of the connection.
  if (broken !== undefined && !isWholeJson(text)) throw broken;
  return { status: answer.statusCode ?? 0, headers, text };
}

/** Reads the body into `chunks`; what broke it off, if anything did. Throws `bad_answer` for one that is too large. */
async function collect(answer: IncomingMessage, chunks: Buffer[], host: string, maxBytes: number): Promise<Error | undefined> {
  let size = 0;
  try {
    for await (const chunk of answer) {
      if (!Buffer.isBuffer(chunk)) continue;
      size += chunk.length;
      if (size > maxBytes) throw new BeamError('bad_answer', `${host} answered with more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    return undefined;
  } catch (error) {
    if (error instanceof BeamError || !(error instanceof Error)) throw error;
    return error;
  }
}

function isWholeJson(text: string): boolean {
  if (!text.trimStart().startsWith('{')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const CA_HINT = { text: 'Set NODE_EXTRA_CA_CERTS or SSL_CERT_FILE to the file of your CA' };

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it broke the connection',
  EPIPE: 'it broke the connection',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no network',
  ETIMEDOUT: 'it does not answer',
  EPROTO: 'it does not speak TLS there',
};

const CERTIFICATE = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|CRL_)/;

/**
 * What a request's error is to us: always `network`. Names the host (and the proxy, if one was used); the error's own
 * text, which may quote URLs with credentials, stays in `cause`.
 */
function networkError(error: unknown, host: string, proxyHost?: string): BeamError {
  const code = systemCode(error) ?? '';
  const via = proxyHost === undefined ? '' : ` through the proxy ${proxyHost}`;
  if (CERTIFICATE.test(code)) {
    return new BeamError('network', `The certificate of ${host}${via} is not trusted (${code})`, {
      hint: CA_HINT,
      cause: error,
    });
  }
  const reason =
    REASONS[code.startsWith('ERR_SSL_') ? 'EPROTO' : code] ?? (/^[A-Z0-9_]{2,60}$/.test(code) ? code : 'the connection failed');
  return new BeamError('network', `Cannot reach ${host}${via}: ${reason}`, { cause: error });
}
