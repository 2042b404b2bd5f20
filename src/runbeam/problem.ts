/** What an answer other than 2xx means: one of our errors, with the server's own words only where they help. */
import * as v from 'valibot';
import { BeamError } from '../errors.ts';
import type { HttpResponse } from '../http.ts';
import { jsonOf } from '../net/json.ts';
import type { Secret } from '../secret.ts';
import { printable } from '../text.ts';

const messageSchema = v.object({ message: v.optional(v.unknown()), error: v.optional(v.unknown()) });

/**
 * The `message` (else `error`) of a JSON answer, fit to print; undefined if there is none, or if it repeats one of the
 * secrets that were sent.
 */
export function serverMessage(response: HttpResponse, secrets: readonly Secret[] = []): string | undefined {
  const parsed = v.safeParse(messageSchema, jsonOf(response));
  if (!parsed.success) return undefined;
  const text = [parsed.output.message, parsed.output.error].find((part) => typeof part === 'string' && part !== '');
  if (typeof text !== 'string' || secrets.some((secret) => text.includes(secret.reveal()))) return undefined;
  return printable(text);
}

/** The error for an answer of Runbeam Cloud at `host`. */
export function answerProblem(response: HttpResponse, host: string, secrets: readonly Secret[] = []): BeamError {
  const { status } = response;
  const said = serverMessage(response, secrets);
  const quote = said === undefined ? '' : `: ${said}`;
  if (status === 401) {
    return new BeamError('token_rejected', `${host} rejected the session`, { hint: 'runbeam login' });
  }
  if (status === 403) return new BeamError('forbidden', `${host} refused the request${quote}`);
  if (status === 404) {
    return new BeamError('not_found', `${host} has no such API or gateway${quote}`, { hint: 'runbeam config:get api-url' });
  }
  if (status === 429 || status >= 500) {
    return new BeamError('server_error', `${host} answered ${status}${quote}`, { hint: 'Try again in a moment' });
  }
  if (status >= 400) return new BeamError('failed', `${host} refused the request (${status})${quote}`);
  return new BeamError('bad_answer', `${host} answered ${status} where JSON was expected`, {
    hint: 'runbeam config:get api-url',
  });
}
