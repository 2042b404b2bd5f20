/** Where a server may send us: its discovery documents, the endpoints in them, and the edge that it names in the end. */
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { isTrouble, jsonOf, unexpectedStatus } from '../../net/answers.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { parseServer, type Server } from '../../store/server.ts';
import { printable } from '../../text.ts';
import { isFields } from '../../loose-json.ts';

/** Something is where a document would be, and it cannot be read: that is no word on how to log in. */
export class UnreadableDocument extends BeamError {
  constructor(server: Server, why: string) {
    super('bad_answer', `The login discovery of ${server.name} cannot be read: ${why}`);
  }
}

/**
 * A discovery document, or undefined when the server says that it has none there (404 or 410). Throws `UnreadableDocument`
 * for any other status and for anything but a JSON object, what `Http` throws, and `server_error` for 429 and 5xx.
 *
 * @param path - from `/.well-known/` on, or with the path of an issuer around that
 */
export async function wellKnown(server: Server, path: string, http: Http, signal?: AbortSignal): Promise<object | undefined> {
  const answer = await http(omitUndefined({ url: `${server.origin}${path}`, maxBytes: 256 * 1024, signal }));
  if (answer.status === 404 || answer.status === 410) return undefined;
  if (isTrouble(answer)) throw unexpectedStatus(answer, `login discovery of ${server.name}`);
  if (answer.status >= 300 && answer.status < 400)
    throw new UnreadableDocument(server, 'it is a redirect, which is never followed');
  if (answer.status < 200 || answer.status > 299) throw new UnreadableDocument(server, `its status is ${answer.status}`);
  const value = jsonOf(answer);
  if (isFields(value)) return value;
  throw new UnreadableDocument(server, 'it is not a JSON object');
}

/**
 * What the first of several places has. Many servers answer any path with a page, so one that cannot be read only counts
 * when none of the others has anything: then it is thrown.
 */
export async function firstFound<T>(places: readonly (() => Promise<T | undefined>)[]): Promise<T | undefined> {
  let unreadable: UnreadableDocument | undefined;
  for (const place of places) {
    try {
      const found = await place();
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof UnreadableDocument)) throw error;
      unreadable ??= error;
    }
  }
  if (unreadable !== undefined) throw unreadable;
  return undefined;
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
