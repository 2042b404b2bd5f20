/** What a request is made of and how it fails, whoever sends it: the client over node:https, or a `fetch` that was passed in. */
import { BeamError, systemCode, type Hint } from '../errors.ts';
import { isLoopback, type HttpRequest, type ServerTrust } from '../http.ts';

/** Milliseconds for the whole exchange, where a request says nothing else. */
export const DEADLINE = 15_000;
/** Bytes of an answer that are read at most, where a request says nothing else. */
export const MAX_BYTES = 1024 * 1024;

/** Throws `bad_server` for what is not an http(s) URL or holds credentials; `insecure_transport`, unless that was allowed. */
export function checkedUrl(text: string, { plaintext = false }: Pick<ServerTrust, 'plaintext'> = {}): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new BeamError('bad_server', 'A server gave, or was given as, something that is not an http(s) URL', {
      hint: { text: 'Give it as https://HOST' },
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new BeamError('bad_server', `The URL for ${url.host} holds a user name or password, which is not sent`, {
      hint: { text: 'Leave them out of the URL' },
    });
  }
  if (url.protocol === 'http:' && !plaintext && !isLoopback(url.hostname)) {
    throw new BeamError('insecure_transport', `Refused to speak plain http to ${url.host}`, {
      hint: { text: `Use https://${url.host}` },
    });
  }
  return url;
}

function payload(request: HttpRequest): { readonly type?: string; readonly body?: string } {
  if (request.json !== undefined) return { type: 'application/json', body: JSON.stringify(request.json) };
  if (request.form !== undefined) {
    return { type: 'application/x-www-form-urlencoded', body: new URLSearchParams({ ...request.form }).toString() };
  }
  return request.body === undefined ? {} : { body: request.body };
}

/** The headers and the body of a request; the length is for whoever sends it to say. */
export function sentBy(request: HttpRequest): { readonly headers: Record<string, string>; readonly body?: string } {
  const { type, body } = payload(request);
  const headers: Record<string, string> = { 'accept': 'application/json', 'user-agent': 'beamd-cli' };
  if (type !== undefined) headers['content-type'] = type;
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  if (request.bearer !== undefined) headers['authorization'] = `Bearer ${request.bearer.reveal()}`;
  return body === undefined ? { headers } : { headers, body };
}

/** `deadline` in milliseconds. */
export function tooLate(host: string, deadline: number): BeamError {
  return new BeamError('timeout', `${host} did not answer in full within ${deadline / 1000} s`);
}

export function interrupted(host: string): BeamError {
  return new BeamError('interrupted', `The request to ${host} was interrupted`);
}

export function tooLarge(host: string, maxBytes: number, cause?: unknown): BeamError {
  return new BeamError('bad_answer', `${host} answered with more than ${maxBytes} bytes`, { cause });
}

export function unsendable(host: string, cause: unknown): BeamError {
  return new BeamError('usage', `The request to ${host} has a header with characters that HTTP does not allow`, {
    hint: { text: 'Check the token for line breaks and spaces' },
    cause,
  });
}

/** What to do about a certificate that is not trusted, as the account of that server knows it. */
export interface UntrustedHint {
  /** How another CA is given. */
  readonly hint: Hint;
  /** A CA was given: it may be the one that has expired. */
  readonly hasCa: boolean;
}

const CA_HINT = { text: 'Set NODE_EXTRA_CA_CERTS or SSL_CERT_FILE to the file of your CA' };

/** The next step by why a certificate is not trusted: a CA does not help where it is for another name, or has expired. */
function untrustedHint(code: string, untrusted: UntrustedHint | undefined): Hint {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return { text: 'It is for another name: check the address of the server' };
  if (code === 'CERT_HAS_EXPIRED' && untrusted?.hasCa !== true) {
    return { text: 'It has expired: the server needs a new one, if the clock of this machine is right' };
  }
  return untrusted?.hint ?? CA_HINT;
}

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

/** Whether a system error says that a certificate is not trusted. */
export function isUntrusted(code: string): boolean {
  return CERTIFICATE.test(code);
}

/** Whether a system error says that the other side does not speak TLS, or none that we know. */
export function speaksNoTls(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL_');
}

/** Where a request failed. */
interface FailedAt {
  readonly host: string;
  /** Absent: it went there directly. */
  readonly proxyHost?: string | undefined;
  /** The proxy itself was not trusted or not reached. */
  readonly proxyFailed?: boolean;
  readonly untrusted?: UntrustedHint | undefined;
}

/**
 * What a request's error is to us: always `network`. Names the host (and the proxy, if one was used); the error's own
 * text, which may quote URLs with credentials, stays in `cause`.
 */
export function networkError(error: unknown, { host, proxyHost, proxyFailed, untrusted }: FailedAt): BeamError {
  const code = systemCode(error) ?? '';
  const via = proxyHost === undefined ? '' : ` through the proxy ${proxyHost}`;
  if (isUntrusted(code)) {
    const [whose, hint] =
      proxyFailed === true && proxyHost !== undefined
        ? [`the proxy ${proxyHost}`, untrustedHint(code, undefined)]
        : [`${host}${via}`, untrustedHint(code, untrusted)];
    return new BeamError('network', `The certificate of ${whose} is not trusted (${code})`, { hint, cause: error });
  }
  const reason =
    REASONS[speaksNoTls(code) ? 'EPROTO' : code] ?? (/^[A-Z0-9_]{2,60}$/.test(code) ? code : 'the connection failed');
  // Mistyped more often than away.
  const hint = code === 'ENOTFOUND' ? { text: 'Check how it is spelled, and the network' } : undefined;
  return new BeamError('network', `Cannot reach ${host}${via}: ${reason}`, { hint, cause: error });
}
