/** Where a gateway is, as people write it: a URL, `host:port`, a host, an address of IPv6 with or without brackets. */
import { BeamError } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { harmonyOrigin, prefixPath } from '../../../runbeam/harmony-address.ts';
import { printable } from '../../../text.ts';

/** What was written; the rest is for whoever asked to fill in. */
export interface WrittenAddress {
  readonly ip: string;
  readonly port?: number;
  readonly pathPrefix?: string;
  /** The scheme that was written. */
  readonly scheme?: 'http' | 'https';
}

const URL_PORT = { http: 80, https: 443 } as const;

const USAGE = { command: 'runbeam harmony:add https://gw.example.com:8443/admin' };

/** Reads an address. Throws `usage` for what is none, for credentials and for a query in it. */
export function parseGatewayAddress(text: string): WrittenAddress {
  const hasScheme = text.includes('://');
  // Whatever else it is: what may be a password is not shown.
  if (text.includes('@')) {
    throw new BeamError('usage', 'An address of a gateway holds no user name and no password', { hint: USAGE });
  }
  // Bare IPv6 has more colons than a port could explain.
  const written = !hasScheme && /^[^[\]/]*:[^[\]/]*:[^[\]/]*$/.test(text) ? `[${text}]` : text;
  const href = hasScheme ? written : `http://${written}`;
  const { pathname, protocol } = checkedUrl(href, text);
  const scheme = protocol === 'https:' ? 'https' : 'http';
  // As it is written: a URL has no port that is the usual one, and an address in another form.
  const [, host = '', port] = /^https?:\/\/(\[[^\]]*\]|[^:/]*)(?::(\d+))?/i.exec(href) ?? [];
  const path = pathname.replace(/^\/+|\/+$/g, '');
  return omitUndefined({
    ip: host.replace(/^\[(.*)\]$/, '$1'),
    port: port === undefined ? (hasScheme ? URL_PORT[scheme] : undefined) : Number(port),
    pathPrefix: path === '' ? undefined : decoded(path, text),
    scheme: hasScheme ? scheme : undefined,
  });
}

function checkedUrl(href: string, text: string): URL {
  const url = URL.canParse(href) && !/\s/.test(href) ? new URL(href) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') throw noAddress(text);
  return url;
}

function decoded(path: string, text: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw noAddress(text);
  }
}

function noAddress(text: string): BeamError {
  return new BeamError('usage', `${printable(text)} is no address of a gateway`, { hint: USAGE });
}

/** What is a bad file when it is read back is wrong usage when it is typed. Throws `usage`. */
export function checkAddress(ip: string, port: number, pathPrefix: string): void {
  try {
    harmonyOrigin({ ip, port }, { tls: true });
    prefixPath(pathPrefix);
  } catch (error) {
    if (!(error instanceof BeamError) || error.code !== 'bad_config') throw error;
    throw new BeamError('usage', error.message, {
      hint: { command: 'runbeam harmony:add -i 127.0.0.1 -p 8081 -x admin -l LABEL' },
    });
  }
}
