import { BeamError } from '../errors.ts';
import type { HttpResponse } from '../http.ts';

/** A status that a later try may not have: too many requests, or trouble on the server's side. */
export function isTrouble(response: HttpResponse): boolean {
  return response.status === 429 || response.status >= 500;
}

/**
 * The error for a status that the caller has no use for. `what` names the call and the host, as for `parseJson`:
 * 401 is `token_rejected`, 403 `forbidden`, 404 `not_found`, 429 and 5xx `server_error`, the rest `bad_answer`.
 */
export function unexpectedStatus(response: HttpResponse, what: string): BeamError {
  const { status } = response;
  if (status === 401) return new BeamError('token_rejected', `The ${what} is 401: the token was rejected`);
  if (status === 403) return new BeamError('forbidden', `The ${what} is 403: not allowed`);
  if (status === 404) return new BeamError('not_found', `The ${what} is 404: there is no such thing`);
  if (status === 429) return new BeamError('server_error', `The ${what} is 429: too many requests, try again later`);
  if (status >= 500)
    return new BeamError('server_error', `The ${what} is ${status}: trouble on the server, try again later`);
  if (status >= 300 && status < 400) {
    return new BeamError('bad_answer', `The ${what} is a redirect (${status}), which is never followed`);
  }
  return new BeamError('bad_answer', `The ${what} has an unexpected status: ${status}`);
}
