import type { Http, HttpRequest } from '../http.ts';

// A Response with one of these must not have a body.
const WITHOUT_BODY = new Set([204, 205, 304]);

/**
 * A `fetch` over our own client, for libraries that want one: no redirects, a deadline, a size cap, the user's proxy.
 * It rejects with the client's BeamErrors. Bodies are strings or URLSearchParams; anything else is a TypeError.
 */
export function fetchFrom(http: Http): typeof fetch {
  return async (input, init) => {
    const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
    const answer = await http(requestOf(url, init ?? {}));
    const body = WITHOUT_BODY.has(answer.status) ? null : answer.text;
    return new Response(body, { status: answer.status, headers: { ...answer.headers } });
  };
}

function requestOf(url: string, init: RequestInit): HttpRequest {
  const { body, signal } = init;
  if (body !== undefined && body !== null && typeof body !== 'string' && !(body instanceof URLSearchParams)) {
    throw new TypeError('only text bodies can be sent');
  }
  return {
    method: init.method?.toUpperCase() === 'POST' ? 'POST' : 'GET',
    url,
    headers: Object.fromEntries(new Headers(init.headers)),
    ...(body === undefined || body === null ? {} : { body: String(body) }),
    ...(signal === undefined || signal === null ? {} : { signal }),
  };
}
