/** Asks Runbeam Cloud where its API lives: it runs with and without an `/api` prefix (docs/contracts.md 3). */
import * as v from 'valibot';
import { BeamError } from '../../errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../../http.ts';
import { isAt } from '../../auth/dialect/discovery.ts';
import { isTrouble, parseJson, retryAfterOf } from '../../net/answers.ts';
import { parseServer } from '../../store/server.ts';

const baseUrlSchema = v.object({ base_url: v.string(), full_url: v.nullish(v.string()) });

/** Who asks, and who may call it off. */
export type Asking = Pick<HttpRequest, 'bearer' | 'signal'>;

/**
 * The base URL to use for `apiUrl`, without a trailing slash. A server that offers no answer gets `apiUrl` itself.
 * Throws `bad_answer` when the answer names another server than the one asked, `network`, `timeout`, `server_error`.
 */
export async function resolveBaseUrl(apiUrl: string, http: Http, asking: Asking = {}): Promise<string> {
  for (const path of ['/api/harmony/base-url', '/harmony/base-url']) {
    const response = await http({ ...asking, url: `${apiUrl}${path}` });
    if (isSuccess(response)) {
      const answer = parseJson(response, baseUrlSchema, `base URL answer of ${hostOf(apiUrl)}`);
      return heldToHost(apiUrl, answer.full_url ?? answer.base_url);
    }
    if (response.status < 400 || response.status >= 500) throw answerProblem(response, hostOf(apiUrl));
  }
  return apiUrl;
}

/** Makes a call at `{base}{path}`, and on 404 at `{base}/api{path}`. The answer's status is the caller's to judge. */
export async function callCloud(
  baseUrl: string,
  path: string,
  http: Http,
  request: Omit<HttpRequest, 'url'>,
): Promise<HttpResponse> {
  const response = await http({ ...request, url: `${baseUrl}${path}` });
  if (response.status !== 404 || baseUrl.endsWith('/api')) return response;
  const prefixed = await http({ ...request, url: `${baseUrl}/api${path}` });
  return prefixed.status === 404 ? response : prefixed;
}

export function isSuccess(response: HttpResponse): boolean {
  return response.status >= 200 && response.status < 300;
}

/** `host:port` of a URL, for messages. */
export function hostOf(url: string): string {
  return new URL(url).host;
}

/** The error for an answer of Runbeam Cloud other than 2xx. Its text is never repeated, for it may hold anything. */
export function answerProblem(response: HttpResponse, host: string): BeamError {
  const { status } = response;
  if (status === 401) {
    return new BeamError('token_rejected', `${host} rejected the session`, { status, hint: { command: 'runbeam login' } });
  }
  if (status === 403) {
    const hint = { text: 'Ask an admin of your team to allow it' };
    return new BeamError('forbidden', `${host} refused the request (403)`, { status, hint });
  }
  if (status === 404) {
    const hint = { command: 'runbeam config:get api-url' };
    return new BeamError('not_found', `${host} has no such API or gateway`, { status, hint });
  }
  if (isTrouble(response)) {
    const hint = { text: 'Try again in a moment' };
    return new BeamError('server_error', `${host} answered ${status}`, { status, hint, ...retryAfterOf(response) });
  }
  if (status >= 400) {
    const hint = { text: 'Check what was given to the command' };
    return new BeamError('failed', `${host} refused the request (${status})`, { status, hint });
  }
  return new BeamError('bad_answer', `${host} answered ${status} where JSON was expected`, {
    status,
    hint: { command: 'runbeam config:get api-url' },
  });
}

function heldToHost(apiUrl: string, answer: string): string {
  const named = URL.canParse(answer) ? new URL(answer) : undefined;
  if (named?.search !== '' || named.hash !== '' || !isAt(named, parseServer(new URL(apiUrl).origin))) {
    throw new BeamError('bad_answer', `${hostOf(apiUrl)} answered a base_url that is not an https address of its own`, {
      hint: { text: 'Check the address with: runbeam config:get api-url' },
    });
  }
  return `${named.origin}${named.pathname.replace(/\/+$/, '')}`;
}
