import { BeamError } from '../../errors.ts';
import { isLoopback } from '../../http.ts';
import type { Server } from '../../store/server.ts';
import { printable } from '../../text.ts';
import type { Http } from '../../http.ts';
import { jsonOf } from '../../net/json.ts';
import { isTrouble, unexpectedStatus } from '../../net/status.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/**
 * Which hosts a server's discovery document may send us to:
 *
 * - the server's own host, on any port;
 * - a subdomain of it;
 * - a host under the same registrable parent. That is taken to be the last two labels, but only of a name with three or
 *   more, and only when those two are not a suffix that strangers share (`co.uk`, `github.io`…). Where there is doubt
 *   the parent counts as shared, so that only the first two rules are left.
 *
 * Always https; a loopback server may also use http, on its own host. IP addresses have no parent.
 */
export function isHeldTo(url: URL, server: Server): boolean {
  const own = new URL(server.origin).hostname;
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'http:') return server.loopback && isLoopback(own) && url.hostname === own;
  if (url.protocol !== 'https:') return false;
  return url.hostname === own || (isName(own) && under(url.hostname, parentOf(own)));
}

/** The endpoint in `text`, if the server may name it. Throws `bad_answer` naming the field and both hosts. */
export function heldEndpoint(text: string, server: Server, field: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || text.length > 2_048) {
    throw new BeamError('bad_answer', `The login discovery of ${server.name} has no usable URL in ${field}`);
  }
  if (!isHeldTo(url, server)) {
    const found = printable(`${url.protocol}//${url.host}`, 100);
    throw new BeamError('bad_answer', `The login discovery of ${server.name} points elsewhere: ${field} is at ${found}`);
  }
  return url.href;
}

function isName(hostname: string): boolean {
  return !hostname.startsWith('[') && !/\.?\d+$/.test(hostname);
}

function under(hostname: string, parent: string): boolean {
  return hostname === parent || hostname.endsWith(`.${parent}`);
}

function parentOf(hostname: string): string {
  const labels = hostname.split('.');
  const parent = labels.slice(-2).join('.');
  return labels.length > 2 && !isShared(parent) ? parent : hostname;
}

const SECOND_LEVEL = new Set(
  `ac biz co com csiro edu firm gen go gob gouv gov govt id info iwi kiwi lg ltd mil ne net nhs nic nom or org plc
  police pro sch school web`.split(/\s+/),
);

const PLATFORMS = new Set(
  `amazonaws.com appspot.com azurecontainerapps.io azurewebsites.net bitbucket.io cloudapp.net cloudflare.net
  cloudfront.net ddns.net deno.dev duckdns.org dyndns.org eu.org firebaseapp.com fly.dev fly.io github.io gitlab.io
  glitch.me googleapis.com hashicorp.cloud herokuapp.com hopto.org lhr.life loca.lt localhost.run myshopify.com
  netlify.app ngrok.app ngrok.dev ngrok.io ngrok-free.app ngrok-free.dev nip.io no-ip.org now.sh on.aws onrender.com
  pages.dev railway.app readthedocs.io render.com repl.co replit.app replit.dev run.app serveo.net sslip.io surge.sh
  sytes.net traefik.me translate.goog trycloudflare.com ts.net up.railway.app vercel.app web.app windows.net
  workers.dev zapto.org`.split(/\s+/),
);

/** A two-letter country with a second level that strangers register under, or a platform that gives names to users. */
function isShared(parent: string): boolean {
  const [second = '', top = ''] = parent.split('.');
  return PLATFORMS.has(parent) || (top.length === 2 && (SECOND_LEVEL.has(second) || second.length <= 2));
}

/**
 * A discovery document, or undefined when the server has none there: any status but 200, or anything but a JSON object
 * (many servers answer every path with a page). Throws what `Http` throws, and `server_error` for 429 and 5xx.
 */
export async function wellKnown(server: Server, name: string, http: Http, signal?: AbortSignal): Promise<object | undefined> {
  const answer = await http(
    omitUndefined({
      url: `${server.origin}/.well-known/${name}`,
      maxBytes: 256 * 1024,
      signal,
    }),
  );
  if (isTrouble(answer)) throw unexpectedStatus(answer, `login discovery of ${server.name}`);
  const value = answer.status === 200 ? jsonOf(answer) : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}
