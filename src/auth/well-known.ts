import type { Http } from '../http.ts';
import { jsonOf } from '../net/json.ts';
import { isTrouble, unexpectedStatus } from '../net/status.ts';
import type { Server } from '../store/types.ts';

/**
 * A discovery document, or undefined when the server has none there: any status but 200, or anything but a JSON object
 * (many servers answer every path with a page). Throws what `Http` throws, and `server_error` for 429 and 5xx.
 */
export async function wellKnown(
  server: Server,
  name: string,
  http: Http,
  signal?: AbortSignal,
): Promise<object | undefined> {
  const answer = await http({
    url: `${server.origin}/.well-known/${name}`,
    maxBytes: 256 * 1024,
    ...(signal === undefined ? {} : { signal }),
  });
  if (isTrouble(answer)) throw unexpectedStatus(answer, `login discovery of ${server.name}`);
  const value = answer.status === 200 ? jsonOf(answer) : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}
