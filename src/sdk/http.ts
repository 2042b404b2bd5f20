import { httpOverFetch, type Fetch } from '../net/fetch-http.ts';
import { httpFor } from '../net/http-for.ts';
import type { Http } from '../http.ts';

let own: Http | undefined;
const others = new WeakMap<Fetch, Http>();

/** What makes requests, over the `fetch` that was passed in or by our own client. The same each time: key sets are kept with it. */
export function httpBy(fetch: Fetch | undefined): Http {
  if (fetch === undefined) return (own ??= httpFor({}, process.env));
  const http = others.get(fetch) ?? httpOverFetch(fetch);
  others.set(fetch, http);
  return http;
}
