/** What an answer other than 2xx means: one of our errors. Its text is never repeated, for it may hold anything. */
import { BeamError } from '../errors.ts';
import type { HttpResponse } from '../http.ts';
import { isTrouble, retryAfterOf } from '../net/status.ts';

/** The error for an answer of Runbeam Cloud at `host`. */
export function answerProblem(response: HttpResponse, host: string): BeamError {
  const { status } = response;
  if (status === 401) {
    return new BeamError('token_rejected', `${host} rejected the session`, { hint: { command: 'runbeam login' } });
  }
  if (status === 403) return new BeamError('forbidden', `${host} refused the request (403)`);
  if (status === 404) {
    return new BeamError('not_found', `${host} has no such API or gateway`, { hint: { command: 'runbeam config:get api-url' } });
  }
  if (isTrouble(response)) {
    return new BeamError('server_error', `${host} answered ${status}`, {
      hint: { text: 'Try again in a moment' },
      ...retryAfterOf(response),
    });
  }
  if (status >= 400) return new BeamError('failed', `${host} refused the request (${status})`);
  return new BeamError('bad_answer', `${host} answered ${status} where JSON was expected`, {
    hint: { command: 'runbeam config:get api-url' },
  });
}
