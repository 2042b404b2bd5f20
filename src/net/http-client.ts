import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { BeamError } from '../errors.ts';
import type { Env } from '../environment.ts';
import type { Http, HttpRequest, HttpResponse, ServerTrust } from '../http.ts';
import { decodeBody } from './decode.ts';
import { proxyFor } from './proxy.ts';
import {
  checkedUrl,
  DEADLINE,
  interrupted,
  MAX_BYTES,
  networkError,
  sentBy,
  tooLarge,
  tooLate,
  unsendable,
  type UntrustedHint,
} from './request.ts';
import { ANY_CERTIFICATE, trustOf, type Trust } from './trust.ts';
import { omitUndefined } from '../omit-undefined.ts';

/** Silence after which the other side is asked whether it is still there, milliseconds. */
const KEEP_ALIVE = 30_000;

/** Whom to trust, and the environment that names the proxy and further CAs. */
export interface HttpOptions extends Pick<ServerTrust, 'ca' | 'caFile' | 'plaintext'> {
  readonly env: Env;
  /** Hosts that may show any certificate, as `URL.hostname` has them. */
  readonly insecureHosts?: readonly string[];
  /** The next step where a certificate is not trusted. */
  readonly untrusted?: UntrustedHint;
}

/**
 * The one way this program speaks HTTP: node:https, loaded at the first request. Every request has a connection of its
 * own, so that a token never goes out on one that the server is just closing. Throws as `Http` says, `bad_server` for
 * what is not an http(s) URL, `bad_config` for a proxy that cannot be used, and `bad_file` for an unreadable `caFile`.
 */
export function createHttp(options: HttpOptions): Http {
  const { env, insecureHosts = [], untrusted } = options;
  let known: Trust | undefined;
  return async (request) => {
    const url = checkedUrl(request.url, options);
    if (url.protocol !== 'https:') return exchange({ request, url });
    const trust = insecureHosts.includes(url.hostname) ? ANY_CERTIFICATE : (known ??= trustOf(options));
    const proxy = proxyFor(url, env);
    // A proxy is no server of the account: its CA and its leave to take any certificate are not for that one.
    const proxyTrust = proxy?.protocol === 'https:' ? trustOf({ env }) : undefined;
    return exchange(omitUndefined({ request, url, trust, proxy, proxyTrust, untrusted }));
  };
}

interface Target {
  readonly request: HttpRequest;
  readonly url: URL;
  /** Absent for plain http. */
  readonly trust?: Trust;
  readonly proxy?: URL;
  /** Of a proxy that is spoken to with TLS. */
  readonly proxyTrust?: Trust;
  readonly untrusted?: UntrustedHint;
}

async function exchange(target: Target): Promise<HttpResponse> {
  const { request, url } = target;
  const stop = new AbortController();
  const watch = new Watch(stop, url.host, request);
  try {
    const agent = target.proxy === undefined ? undefined : await proxyAgent(target.proxy, target.proxyTrust, stop.signal);
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
        this.#abort(tooLate(host, deadline));
      });
    }, deadline);
    if (request.signal?.aborted === true) this.#interrupt();
    request.signal?.addEventListener('abort', this.#interrupt, { once: true });
  }

  readonly #interrupt = (): void => {
    this.#abort(interrupted(this.#host));
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
  const { request, url, proxy, proxyTrust, untrusted } = target;
  signal.throwIfAborted();
  const call = open(target, agent);
  return new Promise((resolve, reject) => {
    let answered = false;
    let beyondProxy = proxyTrust === undefined;
    const fail = (error: unknown): void => {
      const at = { host: url.host, proxyHost: proxy?.host, untrusted, proxyFailed: !beyondProxy };
      reject(error instanceof BeamError ? error : networkError(error, at));
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
      if (statusCode === 200) beyondProxy = true;
      else fail(proxyRefusal(url, proxy, statusCode));
    });
    call.on('response', (answer) => {
      answered = true;
      read(answer, url.host, request.maxBytes ?? MAX_BYTES).then(resolve, fail);
    });
    call.end(sentBy(request).body);
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
    throw unsendable(url.host, error);
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

function headersOf(request: HttpRequest): OutgoingHttpHeaders {
  const { headers, body } = sentBy(request);
  const hasLength = body !== undefined || request.method === 'POST';
  return hasLength ? { ...headers, 'content-length': Buffer.byteLength(body ?? '') } : headers;
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
      if (size > maxBytes) throw tooLarge(host, maxBytes);
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
