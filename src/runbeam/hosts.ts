/** Which hosts belong together: a server may name another address of its own, never somebody else's. */
import { isLoopback } from '../net/loopback.ts';

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[.*\])$/;
// Names under which anybody may register: `co.uk`-like second levels, and the common shared hosting domains.
const OPEN_SECOND_LEVEL = /^(?:ac|co|com|edu|gob|gov|gv|mil|ne|net|nom|or|org)\.[a-z]{2}$/;
const OPEN_DOMAINS: ReadonlySet<string> = new Set([
  'amazonaws.com', 'appspot.com', 'azurewebsites.net', 'cloudfront.net', 'fly.dev', 'github.io', 'gitlab.io',
  'herokuapp.com', 'netlify.app', 'ngrok.app', 'ngrok.io', 'onrender.com', 'pages.dev', 'railway.app', 'run.app',
  'up.railway.app', 'vercel.app', 'web.app', 'workers.dev',
]);

/**
 * Whether a server at `asked` may send us to `named`: the same host, or a name under its registrable parent; https,
 * except from loopback to loopback.
 */
export function belongsTo(asked: URL, named: URL): boolean {
  if (isLoopback(asked.hostname)) return isLoopback(named.hostname) && /^https?:$/.test(named.protocol);
  if (named.protocol !== 'https:') return false;
  if (named.hostname === asked.hostname) return true;
  const parent = parentOf(asked.hostname);
  return parent !== undefined && (named.hostname === parent || named.hostname.endsWith(`.${parent}`));
}

// One label up is at or below the registrable domain, so this never allows more than that domain.
function parentOf(hostname: string): string | undefined {
  if (ADDRESS.test(hostname)) return undefined;
  const labels = hostname.split('.');
  const parent = labels.length > 2 ? labels.slice(1).join('.') : hostname;
  return labels.length < 2 || OPEN_SECOND_LEVEL.test(parent) || OPEN_DOMAINS.has(parent) ? undefined : parent;
}
