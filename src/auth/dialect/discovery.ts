/** Where a server may send us: its discovery documents, the endpoints in them, and the edge that it names in the end. */
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { isTrouble, jsonOf, unexpectedStatus } from '../../net/answers.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { parseServer, type Server } from '../../store/server.ts';
import { printable } from '../../text.ts';

/**
 * A discovery document, or undefined when the server has none there: any status but 200, or anything but a JSON object
 * (many servers answer every path with a page). Throws what `Http` throws, and `server_error` for 429 and 5xx.
 */
export async function wellKnown(server: Server, name: string, http: Http, signal?: AbortSignal): Promise<object | undefined> {
  const url = `${server.origin}/.well-known/${name}`;
  const answer = await http(omitUndefined({ url, maxBytes: 256 * 1024, signal }));
  if (isTrouble(answer)) throw unexpectedStatus(answer, `login discovery of ${server.name}`);
  const value = answer.status === 200 ? jsonOf(answer) : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

/** Whether a URL lies on a server: on its very origin, with no user name in it. That is https, or http on loopback. */
export function isAt(url: URL, server: Server): boolean {
  // Not `url.origin`: that of a blob: URL is the one inside it.
  return url.username === '' && url.password === '' && `${url.protocol}//${url.host}` === server.origin;
}

/**
 * The endpoint in `text`, if it lies on one of the servers that are `pinned`: usually the one that was asked. Throws
 * `bad_answer` naming the field and both hosts.
 */
export function pinnedEndpoint(text: string, asked: Server, field: string, pinned: readonly Server[] = [asked]): string {
  const url = text.length <= 2_048 && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) {
    throw new BeamError('bad_answer', `The login discovery of ${asked.name} has no usable URL in ${field}`);
  }
  if (!pinned.some((server) => isAt(url, server))) {
    const found = printable(`${url.protocol}//${url.host}`, 100);
    throw new BeamError('bad_answer', `The login discovery of ${asked.name} points elsewhere: ${field} is at ${found}`);
  }
  return url.href;
}

/** A server that another one names; undefined where it cannot be one: nobody on the network can mean one on this machine. */
export function serverAt(text: string, namedBy: Server): Server | undefined {
  try {
    const server = parseServer(text);
    return server.loopback && !namedBy.loopback ? undefined : server;
  } catch {
    return undefined;
  }
}

/** The edge that a token answer says the session belongs to; without one, the server that gave it. Throws `bad_answer`. */
export function edgeOf(named: string | undefined, giver: Server): Server {
  const edge = named === undefined ? giver : serverAt(named, giver);
  if (edge !== undefined) return edge;
  throw new BeamError('bad_answer', `The token answer of ${giver.name} names an edge that cannot be used`);
}

/** What a session remembers of its control plane, where that is not the edge itself. */
export function controlPlaneOf(edge: Server, controlPlane: Server): { readonly controlPlane?: string } {
  return edge.origin === controlPlane.origin ? {} : { controlPlane: controlPlane.name };
}
