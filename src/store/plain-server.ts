/** The parts of a server that every reader of one puts together in the same way. On the hot path: nothing is imported. */
import type { Server } from './types.ts';

export type Scheme = 'https' | 'http';

/** The port that a server without one has. */
export function usualPort(scheme: Scheme): number {
  return scheme === 'https' ? 443 : 80;
}

/** The server of a normal host (lower-case, punycode, IPv6 in brackets) and port. */
export function serverOf(scheme: Scheme, host: string, port: number): Server {
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

/** Loopback is literal: 127.0.0.0/8, [::1] and localhost. A name that merely resolves to it does not count. */
export function isLoopback(host: string): boolean {
  if (!host.startsWith('127.')) return host === 'localhost' || host === '[::1]';
  return host === '127.0.0.1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

// The last label begins with a letter: it cannot be (the end of) an address in any of its spellings.
const PLAIN = /^(?:(https?):\/\/)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?|127\.0\.0\.1)(?::([1-9]\d{0,4}))?$/;
const LONGEST = 200;

/**
 * The server of a text that is one beyond doubt, as `parseServer` reads it, without the URL parser. Undefined for any
 * other: then `parseServer` knows what it is, or what is wrong with it.
 */
export function plainServer(text: string): Server | undefined {
  const match = text.length > LONGEST || text.includes('xn--') ? null : PLAIN.exec(text);
  const host = match?.[2];
  if (host === undefined) return undefined;
  const scheme = match?.[1] === 'http' ? 'http' : 'https';
  const port = match?.[3] === undefined ? usualPort(scheme) : Number(match[3]);
  if (port > 65_535 || (scheme === 'http' && !isLoopback(host))) return undefined;
  return serverOf(scheme, host, port);
}
