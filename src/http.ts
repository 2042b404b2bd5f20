import type { LoginOf } from './hints.ts';

/**
 * The shape of every network call. `src/net/http-client.ts` implements it over node:https; tests may pass their own.
 * No redirect is ever followed; every call has a deadline and a size cap.
 */
export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as is; `json` and `form` set the content type. At most one of the three. */
  readonly body?: string;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** Sent as `Authorization: Bearer`. */
  readonly bearer?: import('./secret.ts').Secret;
  /** Milliseconds for the whole exchange. Default 15,000. */
  readonly deadline?: number;
  /**
   * What this request does cannot be done again: the deadline is for reaching the server, and once it may have the request its
   * answer is waited for however long it takes.
   */
  readonly once?: true;
  /** Bytes of the answer that are read at most. Default 1 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** Its path has a secret in it: whoever tells of the request leaves the path out. */
  readonly secretPath?: true;
}

/** A request that was made, as it is told to whoever asked to be told: nothing that was sent or came back. */
export interface RequestMade {
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Without its query. Absent: it has a secret in it. */
  readonly path?: string;
  /** Absent: there was no answer. */
  readonly status?: number;
  /** Milliseconds. */
  readonly ms: number;
}

/** Is told of each request once it is over. */
export type Tell = (made: RequestMade) => void;

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A server or a URL with a scheme; of one that has none yet, it is this one. */
export function withScheme(text: string, scheme: 'https' | 'http' = 'https'): string {
  return text.includes('://') ? text : `${scheme}://${text}`;
}

/**
 * Makes one request. Any status resolves; what never arrived rejects with a BeamError:
 * `network` (unreachable, TLS, reset), `timeout`, `bad_answer` (too large), `insecure_transport` (plain http off
 * loopback), `interrupted` (the caller's signal). The message names the host and never holds a URL's credentials.
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * Which certificates the servers of one account may show, and whose account it is: so an error can say how it would trust another
 * CA. Accounts and `--config` files have these members.
 */
export interface ServerTrust extends Partial<LoginOf> {
  /** Accept any certificate: of the host of `server` and of those in `typedAs`, and of no other. */
  readonly insecureSkipVerify?: boolean;
  /** Further names of the same server. */
  readonly typedAs?: readonly string[];
  /** The `--config` file that says so. */
  readonly path?: string;
  /** A PEM file trusted beside the usual roots. */
  readonly caFile?: string;
  /** PEM text trusted beside the usual roots. */
  readonly ca?: string;
  /** Plain http off this machine was allowed for what this client speaks to. */
  readonly plaintext?: boolean;
}

/**
 * Whether a text that a URL parser made into an IPv4 address was none as people write it: 40199 is 0.0.157.7 to it, and 010.1
 * is 8.0.0.1.
 */
export function isNumberAddress(written: string, hostname: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(hostname) && written.replace(/\.$/, '') !== hostname;
}

/**
 * Whether a host is this machine, by its literal name only: 127.0.0.0/8, [::1] and localhost. Nothing is looked up.
 * Takes `URL.hostname`, where the URL parser has already made 127.1 or 0x7f000001 into 127.0.0.1.
 */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}
