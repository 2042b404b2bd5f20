/** Where an instance's management API is: scheme, host, port and prefix made into URLs in one place. */
import { BeamError } from '../errors.ts';
import { isLoopback, isNumberAddress } from '../http.ts';
import type { InstanceSettings } from '../store/instances/instance-settings.ts';
import type { Instance } from '../store/instances/instances.ts';
import { shellWord } from '../text.ts';

/** What an address is made of. */
export type HarmonyAddress = Pick<Instance, 'ip' | 'port' | 'pathPrefix'>;

/** How it may be spoken to. */
export type Transport = Pick<InstanceSettings, 'tls' | 'plaintextTo'>;

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?)$/;

/**
 * `http://127.0.0.1:8081`, `http://[::1]:8081`, `https://10.0.0.5:8081`: http for loopback, https anywhere else, unless its
 * settings say otherwise. Throws `bad_config`, and `insecure_transport` for an address that asks for plain http off loopback
 * and has no leave for it.
 */
export function harmonyOrigin(
  address: Pick<HarmonyAddress, 'ip' | 'port'> & { readonly label?: string },
  { tls = false, plaintextTo }: Transport = {},
): string {
  const url = urlOf(address);
  const loopback = isLoopback(url.hostname);
  const isAllowed = loopback || plaintextTo === plaintextAddress(address);
  if (!isAllowed && !tls && address.ip.startsWith('http://')) throw plainHttp(url.host, address.label);
  const scheme = tls || address.ip.startsWith('https://') || !isAllowed ? 'https' : 'http';
  return `${scheme}://${url.hostname}:${address.port}`;
}

/** The host and the port, under any scheme. Throws `bad_config`. */
function urlOf(address: Pick<HarmonyAddress, 'ip' | 'port'>): URL {
  const bare = address.ip.replace(/^https?:\/\//, '');
  if (!HOST.test(bare) || !Number.isInteger(address.port) || address.port < 1 || address.port > 65_535) {
    throw new BeamError('bad_config', 'The address of the Harmony instance is not a host or IP address with a port', {
      hint: { command: 'runbeam harmony:list' },
    });
  }
  const host = bare.includes(':') && !bare.startsWith('[') ? `[${bare}]` : bare;
  const whole = `http://${host}:${address.port}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined || isNumberAddress(host, url.hostname)) {
    throw new BeamError('bad_config', 'The address of the Harmony instance is not a host or IP address', {
      hint: { command: 'runbeam harmony:list' },
    });
  }
  return url;
}

/** `/admin` for `admin`, `/admin` and `admin/`; the empty string for no prefix. Throws `bad_config` for `..`. */
export function prefixPath(pathPrefix: string): string {
  const parts = pathPrefix.split('/').filter((part) => part !== '');
  if (parts.some((part) => part === '.' || part === '..')) {
    throw new BeamError('bad_config', 'The path prefix of the Harmony instance must not hold . or ..', {
      hint: { command: 'runbeam harmony:list' },
    });
  }
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('');
}

/** What leave for plain http is given to: it does not go along to another address. */
export function plaintextAddress({ ip, port }: Pick<HarmonyAddress, 'ip' | 'port'>): string {
  return `${ip}:${String(port)}`;
}

/** Exit code 6. Without a label, as before it is registered, the hint is in words. */
export function plainHttp(host: string, label?: string): BeamError {
  const text = 'Put TLS in front of the management API, or forward its port with: ssh -L 8081:127.0.0.1:8081 HOST';
  const command = `runbeam harmony:edit -l ${shellWord(label ?? '')} --allow-plaintext`;
  return new BeamError('insecure_transport', `Plain http to ${host} is refused: it is not on this machine`, {
    hint: label === undefined ? { text } : { command },
  });
}
