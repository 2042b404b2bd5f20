/** A `fetch` that adds a fresh token, for the hosts of one account and for nobody else. */
import { BeamError } from '../../errors.ts';
import type { Fetch } from '../../net/fetch-http.ts';

export interface BearerDeps {
  readonly fetch: Fetch;
  /** Where the token may go, as `URL.origin` has it. */
  readonly origins: readonly string[];
  /** A fresh token; with `refused`, another one than that, if there is one. */
  readonly token: (options: { readonly signal: AbortSignal; readonly refused?: string }) => Promise<string>;
}

/** Redirects that are followed from one call, as browsers do. */
const MAX_REDIRECTS = 20;

/** How an answer says that it is elsewhere. */
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

const READS: readonly string[] = ['GET', 'HEAD'];

/**
 * Makes the `fetch`. It throws `forbidden` for another host, before anything is sent. A redirect of what only reads is followed as
 * long as it stays with the account's hosts; any other one is the answer. After a 401 the call is made once more if the agent has
 * another token by then, unless its body is a stream, which can be sent once.
 */
export function bearerFetch({ fetch, origins, token }: BearerDeps): Fetch {
  const allowed = (url: string): boolean => origins.includes(new URL(url).origin);

  const send = async (request: Request, refused?: string): Promise<{ answer: Response; used: string }> => {
    const used = await token({ signal: request.signal, ...(refused === undefined ? {} : { refused }) });
    if (used === refused) return { answer: Response.error(), used };
    const headers = new Headers(request.headers);
    headers.set('authorization', `Bearer ${used}`);
    return { answer: await fetch(new Request(request, { headers, redirect: 'manual' })), used };
  };

  /** Sends it, and once more after a 401 where the agent has another token and the body can be sent again. */
  const attempt = async (request: Request, again: Request | undefined): Promise<Response> => {
    const first = await send(request);
    if (first.answer.status !== 401 || again === undefined) return first.answer;
    const second = await send(again, first.used).catch(async (error: unknown) => {
      await first.answer.body?.cancel();
      throw error;
    });
    if (second.used === first.used) return first.answer;
    await first.answer.body?.cancel();
    return second.answer;
  };

  /** Where an answer leads to that is to be followed. */
  const nextOf = ({ status, headers }: Response, { url, method }: Request): string | undefined => {
    const location = REDIRECTS.includes(status) ? headers.get('location') : null;
    // What changes something is not sent to another address than the one it was meant for.
    if (location === null || !READS.includes(method) || !URL.canParse(location, url)) return undefined;
    const next = new URL(location, url);
    // No request can be made of one with a password, and what would be thrown has it in its text.
    if (next.username !== '' || next.password !== '') return undefined;
    return allowed(next.href) ? next.href : undefined;
  };

  return async (input, init) => {
    let request = new Request(input, init);
    if (!allowed(request.url)) throw refusedHost(request.url, origins);
    const { redirect } = request;
    for (let hops = 0; ; hops += 1) {
      const { method, headers, signal } = request;
      const answer = await attempt(request, isStream(input, init) ? undefined : request.clone());
      if (redirect === 'error' && REDIRECTS.includes(answer.status)) {
        await answer.body?.cancel();
        throw new TypeError('The answer is a redirect');
      }
      const next = redirect === 'manual' || hops === MAX_REDIRECTS ? undefined : nextOf(answer, request);
      if (next === undefined) return answer;
      await answer.body?.cancel();
      request = new Request(next, { method, headers, signal });
    }
  };
}

function isStream(input: Parameters<Fetch>[0], init: RequestInit | undefined): boolean {
  const body = init?.body ?? (input instanceof Request ? input.body : null);
  return body instanceof ReadableStream || (typeof body === 'object' && body !== null && Symbol.asyncIterator in body);
}

function refusedHost(url: string, origins: readonly string[]): BeamError {
  return new BeamError('forbidden', `${new URL(url).origin} is not a host of this account: no token goes there`, {
    hint: { text: `Its hosts are ${origins.join(', ')}` },
  });
}
