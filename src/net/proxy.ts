import { isLoopback } from '../http.ts';
import type { Env } from '../environment.ts';

/**
 * The proxy for an https URL: `HTTPS_PROXY`, else `ALL_PROXY` (either case), unless `NO_PROXY` names the host.
 * Never one for loopback. A proxy URL that is not http(s) counts as none.
 */
export function proxyFor(url: URL, env: Env): URL | undefined {
  if (isLoopback(url.hostname) || exempt(url, read(env, 'no_proxy'))) return undefined;
  const proxy = [read(env, 'https_proxy'), read(env, 'all_proxy')].find((value) => value !== '');
  if (proxy === undefined) return undefined;
  const parsed = parse(proxy.includes('://') ? proxy : `http://${proxy}`);
  return parsed?.protocol === 'http:' || parsed?.protocol === 'https:' ? parsed : undefined;
}

function read(env: Env, name: string): string {
  const lower = env[name]?.trim() ?? '';
  return lower === '' ? (env[name.toUpperCase()]?.trim() ?? '') : lower;
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** As curl and Go read it: `*`, or names that cover their subdomains, with or without `.` or `*.` before and a port. */
function exempt(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase();
  const port = url.port || '443';
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const match = /^(\[[^\]]*\]|[^:]*?)(?::(\d+))?$/.exec(entry);
      const name = (match?.[1] ?? entry).replace(/^\*?\./, '');
      if (match?.[2] !== undefined && match[2] !== port) return false;
      return host === name || host === `[${name}]` || host.endsWith(`.${name}`);
    });
}
