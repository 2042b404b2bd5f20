/** Which proxy a request takes, as the environment says: HTTPS_PROXY, ALL_PROXY and NO_PROXY, as curl and Go read them. */
import type { Env } from '../environment.ts';
import { BeamError } from '../errors.ts';
import { isLoopback, withScheme } from '../http.ts';

/**
 * The proxy for an https URL: `HTTPS_PROXY`, else `ALL_PROXY` (either case), unless `NO_PROXY` names the host. Never one for
 * loopback. Throws `bad_config`, naming the variable, for a proxy that cannot be used: whoever set one does not want to
 * be connected past it.
 */
export function proxyFor(url: URL, env: Env): URL | undefined {
  if (isLoopback(url.hostname) || isExempt(url, read(env, 'no_proxy')?.value ?? '')) return undefined;
  const found = read(env, 'https_proxy') ?? read(env, 'all_proxy');
  return found === undefined ? undefined : usableProxy(found);
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

/** The lower-case variable wins over the other, and an empty one counts as unset. */
function read(env: Env, lower: string): Variable | undefined {
  for (const name of [lower, lower.toUpperCase()]) {
    const value = env[name]?.trim() ?? '';
    if (value !== '') return { name, value };
  }
  return undefined;
}

function usableProxy({ name, value }: Variable): URL {
  const text = withScheme(value, 'http');
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy === undefined) throw unusable(name, 'it is not a URL with a host and a port');
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    throw unusable(name, 'only proxies whose URL starts with http:// or https:// are spoken to');
  }
  if (proxy.hostname === '' || proxy.port === '0') throw unusable(name, 'it is not a URL with a host and a port');
  // A # or a / in a password ends the host early: what is left would be another host, with the password in the path.
  if (proxy.pathname !== '/' || proxy.search !== '' || proxy.hash !== '') throw unusable(name, 'it goes on after the port');
  if (!isDecodable(proxy.username) || !isDecodable(proxy.password)) {
    throw unusable(name, 'a % in its user name or password is not written as %25');
  }
  return proxy;
}

/** The value itself may hold a password: it is never shown. */
function unusable(name: string, why: string): BeamError {
  return new BeamError('bad_config', `The proxy in ${name} cannot be used: ${why}`, {
    hint: {
      text: `Set ${name} to http://HOST:PORT or http://USER:PASSWORD@HOST:PORT (with : / ? # @ % in them as %3A %2F %3F %23 %40 %25), or unset it`,
    },
  });
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether an entry of the list covers the URL: `*`; a name, which covers its subdomains too, with or without `.` or `*.`
 * before it; an address or a range of them (CIDR), in any spelling. All but a range may have a port. What is none of
 * these covers nothing.
 */
function isExempt(url: URL, list: string): boolean {
  const port = url.port || '443';
  const entries = list.split(/[\s,]+/);
  if (entries.includes('*')) return true;
  const known = entries.map(parseEntry).filter((entry) => entry !== undefined);
  return known.some((entry) => (entry.port === undefined || entry.port === port) && covers(entry, withoutDot(url.hostname)));
}

interface Entry {
  readonly host: string;
  /** Bits of the network, where the entry is a range of addresses. */
  readonly length: number | undefined;
  readonly port: string | undefined;
}

// An address of IPv6 in brackets or without, or anything else; then the length of a range, or a port.
const ENTRY = /^(?:\*?\.)?(\[[^\]]*\]|[^[\]/]*:[^[\]/]*:[^[\]/]*|[^:/]+)(?:\/(\d{1,3})|:(\d+))?$/;

function parseEntry(text: string): Entry | undefined {
  const [, name = '', length, port] = ENTRY.exec(text) ?? [];
  const host = hostOf(name);
  return host === undefined ? undefined : { host, length: length === undefined ? undefined : Number(length), port };
}

function covers({ host: name, length }: Entry, host: string): boolean {
  const [family, hostFamily] = [familyOf(name), familyOf(host)];
  if (family === undefined) return length === undefined && (host === name || host.endsWith(`.${name}`));
  if (hostFamily === undefined || (length ?? 0) > (family === 'ipv4' ? 32 : 128)) return false;
  const addresses = new (process.getBuiltinModule('node:net').BlockList)();
  if (length === undefined) addresses.addAddress(bare(name), family);
  else addresses.addSubnet(bare(name), length, family);
  return addresses.check(bare(host), hostFamily);
}

/** A host as the URL parser writes it: lower-case, punycode, addresses in their one form. */
function hostOf(text: string): string | undefined {
  const host = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text;
  return URL.canParse(`http://${host}/`) ? withoutDot(new URL(`http://${host}/`).hostname) : undefined;
}

function withoutDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}

function familyOf(host: string): 'ipv4' | 'ipv6' | undefined {
  const family = process.getBuiltinModule('node:net').isIP(bare(host));
  if (family === 0) return undefined;
  return family === 4 ? 'ipv4' : 'ipv6';
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
