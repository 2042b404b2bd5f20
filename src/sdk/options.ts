/** What programs pass in or leave out, as the rest of the package takes it: what commands have from their context. */
import type { Http } from '../http.ts';
import { httpOverFetch, type Fetch } from '../net/fetch-http.ts';
import { httpFor } from '../net/http-for.ts';
import { Secret } from '../secret.ts';
import { resolveHomes, userHome, type Homes } from '../store/paths.ts';

/** The folders of this user, as the commands find them: `BEAMD_HOME`, `RUNBEAM_HOME`. */
export function ownHomes(): Homes {
  return resolveHomes(process.env, userHome());
}

/** A token or a secret as a program has it. */
export function secretOf(value: string | Secret): Secret {
  return typeof value === 'string' ? new Secret(value) : value;
}

let own: Http | undefined;
const others = new WeakMap<Fetch, Http>();

/** What makes requests, over the `fetch` that was passed in or by our own client. The same each time: key sets are kept with it. */
export function httpBy(fetch: Fetch | undefined): Http {
  if (fetch === undefined) return (own ??= httpFor({}, process.env));
  const http = others.get(fetch) ?? httpOverFetch(fetch);
  others.set(fetch, http);
  return http;
}
