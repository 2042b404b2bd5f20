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

  return async (input, init) => {
    let request = new Request(input, init);
    if (!allowed(request.url)) throw refusedHost(request.url, origins);
    const mode = request.redirect;
    for (let hops = 0; ; hops += 1) {
      const again = isStream(input, init) ? undefined : request.clone();
      const first = await send(request);
      let { answer } = first;
      if (answer.status === 401 && again !== undefined) {
        const second = await send(again.clone(), first.used);
        if (second.used !== first.used) {
          await answer.body?.cancel();
          answer = second.answer;
        }
      }
      const location = REDIRECTS.includes(answer.status) ? answer.headers.get('location') : null;
      if (location === null || mode === 'manual' || hops === MAX_REDIRECTS) return answer;
      const next = URL.canParse(location, request.url) ? new URL(location, request.url) : undefined;
      if (mode === 'error') throw new TypeError('The answer is a redirect');
      // What changes something is not sent to another address than the one it was meant for.
      if (next === undefined || !allowed(next.href) || !READS.includes(request.method)) return answer;
      await answer.body?.cancel();
      request = new Request(next, { method: request.method, headers: request.headers, signal: request.signal });
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
