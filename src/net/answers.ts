/** Reading what a server answered: its status, its times and its JSON. */
import * as v from 'valibot';
import { BeamError } from '../errors.ts';
import type { HttpResponse } from '../http.ts';
import { printable } from '../text.ts';
import { looseJson } from '../loose-json.ts';

/** A status that a later try may not have: too many requests, or trouble on the server's side. */
export function isTrouble(response: HttpResponse): boolean {
  return response.status === 429 || response.status >= 500;
}

const SECONDS = /^\d{1,10}$/;
// RFC 9110 section 5.6.7; the two obsolete forms are not sent by any server that matters.
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Milliseconds since 1970 of an HTTP date; undefined for anything else. */
export function httpDate(text: string | undefined): number | undefined {
  const ms = text !== undefined && HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * What the server says in `Retry-After` of a 429 or 503, for `BeamError`. A date counts from the server's own `Date`, so
 * that a wrong clock here does not matter; without one it says nothing.
 */
export function retryAfterOf({ status, headers }: HttpResponse): { readonly retryAfter?: number } {
  const text = headers['retry-after']?.trim();
  if (text === undefined || (status !== 429 && status !== 503)) return {};
  if (SECONDS.test(text)) return { retryAfter: Number(text) };
  const [then, now] = [httpDate(text), httpDate(headers['date'])];
  return then === undefined || now === undefined ? {} : { retryAfter: (then - now) / 1000 };
}

/**
 * The error for a status that the caller has no use for. `what` names the call and the host, as for `parseJson`:
 * 401 is `token_rejected`, 403 `forbidden`, 404 `not_found`, 429 and 5xx `server_error` (with `retryAfter` where the
 * server says when), the rest `bad_answer`.
 */
export function unexpectedStatus(response: HttpResponse, what: string): BeamError {
  const { status } = response;
  if (status === 401) return new BeamError('token_rejected', `The ${what} is 401: the token was rejected`);
  if (status === 403) return new BeamError('forbidden', `The ${what} is 403: not allowed`);
  if (status === 404) return new BeamError('not_found', `The ${what} is 404: there is no such thing`);
  if (isTrouble(response)) {
    const why = status === 429 ? 'too many requests' : 'trouble on the server';
    return new BeamError('server_error', `The ${what} is ${status}: ${why}`, retryAfterOf(response));
  }
  if (status >= 300 && status < 400) {
    return new BeamError('bad_answer', `The ${what} is a redirect (${status}), which is never followed`);
  }
  return new BeamError('bad_answer', `The ${what} has an unexpected status: ${status}`);
}

/**
 * The answer's JSON as `schema` wants it. `what` names the document and the host: `token answer of edge.example.com`.
 * Throws `bad_answer` naming the field; nothing of the answer itself is in the message.
 */
export function parseJson<const S extends v.GenericSchema>(response: HttpResponse, schema: S, what: string): v.InferOutput<S> {
  return parseValue(jsonOf(response), schema, what);
}

/** As `parseJson`, of JSON that has been read already; undefined is none. */
export function parseValue<const S extends v.GenericSchema>(value: unknown, schema: S, what: string): v.InferOutput<S> {
  if (value === undefined) throw new BeamError('bad_answer', `The ${what} is not JSON`);
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue);
  const problem = field === null ? 'is not what was expected' : `has no usable field ${printable(field, 80)}`;
  throw new BeamError('bad_answer', `The ${what} ${problem}`);
}

/** The answer's JSON, or undefined when it is none: for places where that says something, like discovery. */
export function jsonOf(response: HttpResponse): unknown {
  return looseJson(response.text.replace(/^\ufeff/, ''));
}
