/** A client that tells what it asked, and whom. */
import type { Http, HttpRequest, RequestMade, Tell } from '../http.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { printable } from '../text.ts';

/** Characters of a path: a server names its own paths, and may name a long one. */
const LONGEST_PATH = 300;

/** `http`, telling of each request when it is over, whatever came of it. Throws as `http`. */
export function toldHttp(http: Http, tell: Tell): Http {
  return async (request) => {
    const begun = performance.now();
    let status: number | undefined;
    try {
      const response = await http(request);
      ({ status } = response);
      return response;
    } finally {
      tell(madeBy(request, status, performance.now() - begun));
    }
  };
}

function madeBy({ method = 'GET', url, secretPath }: HttpRequest, status: number | undefined, elapsed: number): RequestMade {
  const { origin, pathname } = new URL(url);
  const path = secretPath === true ? undefined : printable(pathname, LONGEST_PATH);
  return omitUndefined({ method, origin, path, status, ms: Math.round(elapsed * 10) / 10 });
}
