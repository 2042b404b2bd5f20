/** What a user may type as a server, made exact. */
import { BeamError, type Hint } from '../errors.ts';
import { printable } from '../text.ts';
import { isLoopback, isNumberAddress } from '../http.ts';

/** A server as a user names it, made exact by `parseServer`. */
export interface Server {
  /** `https://edge.example.com`, `https://edge.example.com:8443`, `http://127.0.0.1:4000`; never a path. */
  readonly origin: string;
  /** What users read and what files hold: `edge.example.com`, `edge.example.com:8443`, `http://127.0.0.1:4000`. */
  readonly name: string;
  /** What keys of its accounts begin with: the host; a port other than 443 adds `_<port>`; IPv6 is `[--1]_4000`. */
  readonly key: string;
  readonly loopback: boolean;
}

// A file name is at most 255 bytes; the key of an account also carries a port, an extension and a lock generation.
const MAX_HOST = 200;
const HINT = { text: 'Give a host and, if needed, a port: edge.example.com or edge.example.com:8443' };

const SHAPE = /^(?:(https?):\/\/)?(\[[0-9a-f:.]+\]|[^/:[\]]+)(?::(\d{1,5}))?\/?$/iu;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;
// eslint-disable-next-line no-control-regex -- refusing control characters is what this is for
const FORBIDDEN = /[\u0000-\u0020\u007f-\u00a0\\%]/u;

type Scheme = 'https' | 'http';

/** The port that a server without one has. */
function usualPort(scheme: Scheme): number {
  return scheme === 'https' ? 443 : 80;
}

/** The server of a normal host (lower-case, punycode, IPv6 in brackets) and port. */
function serverOf(scheme: Scheme, host: string, port: number): Server {
  const authority = port === usualPort(scheme) ? host : `${host}:${String(port)}`;
  const origin = `${scheme}://${authority}`;
  const file = host.replaceAll(':', '-');
  return {
    origin,
    name: scheme === 'https' ? authority : origin,
    key: port === 443 ? file : `${file}_${String(port)}`,
    loopback: isLoopback(host),
  };
}

function bad(message: string, hint: Hint = HINT): BeamError {
  return new BeamError('bad_server', message, { hint });
}

/** Lower-case, punycode, one trailing dot dropped; undefined if it is no host. IPv6 keeps its brackets. */
function normaliseHost(host: string): string | undefined {
  let normal: string;
  try {
    normal = new URL(`https://${host}/`).hostname;
  } catch {
    return undefined;
  }
  if (normal.startsWith('[')) return normal;
  if (normal.endsWith('.')) normal = normal.slice(0, -1);
  return normal.length <= MAX_HOST && normal.split('.').every((label) => LABEL.test(label)) ? normal : undefined;
}

/** The parts of the text, before they are made normal. What is refused may hold a password: it is not repeated. */
function split(text: string): { scheme: Scheme; host: string; port: number | undefined } {
  if (text === '') throw bad('The server name is empty');
  if (text.includes('@')) {
    throw bad('The server name holds a user name or a password', { text: 'An account of a server is named with --account NAME' });
  }
  if (FORBIDDEN.test(text)) throw bad('The server name holds a space or another character that no host has');
  const match = SHAPE.exec(text);
  const host = match?.[2];
  if (host === undefined || /[?#]/u.test(text)) {
    throw bad('The server name is more than a host and a port, or not a host at all');
  }
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  return { scheme: match?.[1]?.toLowerCase() === 'http' ? 'http' : 'https', host, port };
}

function checkHost(host: string): string {
  if (host.includes('_')) throw bad(`The server name ${printable(host)} holds an underscore, which no host has`);
  const normal = normaliseHost(host);
  if (normal === undefined) throw bad(`${printable(host)} is not a host`);
  if (isNumberAddress(host, normal))
    throw bad(`${printable(host)} is a number, and no host: an address has four, with dots between`);
  return normal;
}

/**
 * Reads a server as users write it: with or without `https://`, `:443` or a trailing slash, in any case.
 * Throws `bad_server` for anything that is not a host with an optional port, and `insecure_transport` for plain http
 * to a host that is not a literal loopback address.
 */
export function parseServer(text: string): Server {
  const { scheme, host: written, port: chosen } = split(text);
  const host = checkHost(written);
  if (scheme === 'http' && !isLoopback(host)) {
    throw new BeamError('insecure_transport', `${host} was given with http://, which would send tokens in the clear`, {
      hint: { text: `Use https://${host}` },
    });
  }
  const port = chosen ?? usualPort(scheme);
  if (port < 1 || port > 65_535) throw bad(`${String(port)} is not a port`);
  return serverOf(scheme, host, port);
}

/** As `parseServer`; undefined for what is none: in a file that somebody wrote, or an answer. */
export function serverIfAny(text: string): Server | undefined {
  try {
    return parseServer(text);
  } catch (error) {
    if (error instanceof BeamError) return undefined;
    throw error;
  }
}

/** Whether two servers share their accounts: the same host and port, whatever the scheme. */
export function sameServer(a: Server, b: Server): boolean {
  return a.key === b.key;
}

/** The server that `Server.key` stands for, as a user may type it: `[--1]_4000` is `[::1]:4000`. */
export function serverOfKey(key: string): string {
  const match = /^(.*?)(?:_(\d+))?$/u.exec(key);
  const host = match?.[1] ?? key;
  const name = host.startsWith('[') ? host.replaceAll('-', ':') : host;
  return match?.[2] === undefined ? name : `${name}:${match[2]}`;
}
