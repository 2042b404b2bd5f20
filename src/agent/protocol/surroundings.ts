/**
 * What a process has around it that decides how its work turns out: the way to servers, and what opens secrets. An agent
 * keeps those of the shell that started it; whoever has others must not get its errors, and not go its way.
 */
import { desktopSettings, networkSettings, type Env } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import type { Homes } from '../../store/paths.ts';

/** Names of surroundings: equal ones are the same, and no secret that is in them can be read from a name. */
export interface Surroundings {
  /** The network: proxy and CA settings, and on Linux the network namespace. */
  readonly network: string;
  /** The settings alone and without passwords, as an account remembers them: '' for none. */
  readonly settings: string;
  /** What opens secrets and stores them: how the keyring is found, and how large a file may be. */
  readonly desktop: string;
  /** The folder in which gateways and their tokens are kept; '' where none can be. */
  readonly gateways: string;
}

/** The surroundings of this process. */
export function surroundingsOf(env: Env, homes: Homes): Surroundings {
  return { network: networkOf(env), settings: settingsOf(env), desktop: desktopOf(env), gateways: gatewaysOf(homes) };
}

/** As `Surroundings.gateways`. A wrong `RUNBEAM_HOME` is told to whoever needs that folder. */
export function gatewaysOf(homes: Homes): string {
  try {
    return homes.runbeam;
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return '';
  }
}

/** As `Surroundings.network`. Without a proxy or a CA it costs one look at the namespace. */
export function networkOf(env: Env): string {
  return `${system.limits.networkNamespace()} ${hashOf(given(networkSettings(env)))}`;
}

/** As `Surroundings.settings`. A password that was changed leads the same way. */
export function settingsOf(env: Env): string {
  return hashOf(given(networkSettings(env)).map(([name, value]) => [name, withoutPassword(name, value)]));
}

function withoutPassword(name: string, value: string): string {
  const text = value.includes('://') ? value : `http://${value}`;
  if (!/(?:http|https|all)_proxy/i.test(name) || !URL.canParse(text)) return value;
  const url = new URL(text);
  url.password = '';
  return url.href;
}

/** As `Surroundings.desktop`. Nothing in it is secret, and it is made for every command: no hash. */
export function desktopOf(env: Env): string {
  return JSON.stringify([system.limits.largestFile(), ...given(desktopSettings(env))]);
}

function given(settings: Readonly<Record<string, string | undefined>>): [string, string][] {
  const known = Object.entries(settings).flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : []));
  return known.sort(([a], [b]) => (a < b ? -1 : 1));
}

function hashOf(settings: readonly (readonly string[])[]): string {
  if (settings.length === 0) return '';
  // Loaded here: most shells have no proxy, and the module costs more than all else that a hello takes.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 32);
}
