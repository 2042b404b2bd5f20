/**
 * The requests that were made for a call, on the wire: told beside its result or its error, and only to whoever asked for them. A
 * member of the call's parameters asks, and every call takes it.
 */
import type { RequestMade, Tell } from '../../http.ts';
import { decode, encode, list, number, object, optional, text } from './codec.ts';
import { isFields } from '../../loose-json.ts';

const requestsMade = list(object({ method: text, origin: text, path: optional(text), status: optional(number), ms: number }));

/** What is told of one call at most: a job makes far fewer. */
const MOST = 64;

/** Parameters that also ask for the requests. */
export function askingForRequests(params: unknown): unknown {
  return isFields(params) ? { ...params, requests: true } : params;
}

export function asksForRequests(params: unknown): boolean {
  return isFields(params) && params['requests'] === true;
}

/** Keeps what it is told. */
export class RequestsMade {
  readonly #made: RequestMade[] = [];

  readonly tell: Tell = (made) => {
    if (this.#made.length < MOST) this.#made.push(made);
  };

  /** Tells all of them. */
  tellAll(tell: Tell | undefined): void {
    if (tell !== undefined) this.#made.forEach(tell);
  }

  /** Their JSON form; undefined where there were none. */
  encoded(): unknown {
    return this.#made.length === 0 ? undefined : encode(requestsMade, this.#made);
  }
}

/** Tells of those that came with an answer. Throws `agent_unavailable` for what are none. */
export function tellOf(requests: unknown, tell: Tell | undefined): void {
  if (tell !== undefined && requests !== undefined) decode(requestsMade, requests, 'requests').forEach((made) => tell(made));
}
