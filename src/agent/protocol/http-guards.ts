/**
 * What a request over HTTP must be before it is looked at: from a program of this machine, never from a web page, and one that only
 * reads. For every listener that speaks HTTP, on a socket or on loopback.
 */
import type { IncomingMessage } from 'node:http';
import { BeamError } from '../../errors.ts';

/** Longest head of a request, bytes. */
export const MAX_HEAD = 8 * 1024;

/** How long a client may take from the first byte of a head to its last, milliseconds. */
export const HEAD_DEADLINE = 2_000;

/** How long a connection is kept after an answer, milliseconds, whatever drips in meanwhile. */
export const HTTP_IDLE = 15_000;

/** What is read of a request. `rawHeaders`: names and values in turn, as they came. */
export type RequestHead = Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>;

/** Why a request is not answered, and the status that says so. */
export interface HttpProblem {
  readonly status: number;
  readonly error: BeamError;
}

/** What a browser adds of itself to what a page asks for: one is enough. */
const OF_PAGES = /^(?:origin|sec-fetch-.*)$/;

function problem(status: number, code: 'forbidden' | 'usage', message: string, hint: string): HttpProblem {
  return { status, error: new BeamError(code, message, { hint: { text: hint } }) };
}

/**
 * Refuses what must not be answered; undefined for a request that may be. `hosts` are the only values of `Host`, each to the letter:
 * a page that has its own name lead here sends that name.
 */
export function refuseRequest({ method, url = '', rawHeaders }: RequestHead, hosts: readonly string[]): HttpProblem | undefined {
  const headers = pairsOf(rawHeaders);
  const valuesOf = (name: string): string[] => headers.filter(([one]) => one === name).map(([, value]) => value);
  if (headers.some(([name]) => OF_PAGES.test(name))) {
    return problem(403, 'forbidden', 'A web page gets nothing here', 'Ask from a program of your own');
  }
  const [host, ...more] = valuesOf('host');
  if (host === undefined || more.length > 0 || !hosts.includes(host)) {
    return problem(403, 'forbidden', 'The request is for another host', `Ask with the header Host: ${hosts[0] ?? ''}`);
  }
  if (method !== 'GET') return problem(405, 'usage', 'Only GET is answered here', 'Nothing can be changed this way');
  const lengths = valuesOf('content-length');
  if (valuesOf('transfer-encoding').length > 0 || lengths.some((length) => length !== '0')) {
    return problem(400, 'usage', 'A request here has no body', 'Put what is asked for into the query');
  }
  return url.startsWith('/') ? undefined : problem(400, 'usage', 'The request has no path', 'Begin it with GET /v1/');
}

/** Names in lower case. */
function pairsOf(raw: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([(raw[at] ?? '').toLowerCase(), raw[at + 1] ?? '']);
  return pairs;
}
