/** The base URL of Runbeam Cloud: what a user configures, checked once, in one form. */
import { variable, type Env } from '../environment.ts';
import { BeamError } from '../errors.ts';
import { isLoopback, isNumberAddress } from '../http.ts';
import { readRunbeamConfig } from '../store/config/runbeam-config.ts';
import type { Homes } from '../store/paths.ts';
import { shellWord } from '../text.ts';

const DEFAULT_API_URL = 'https://api.runbeam.io';

/** What the Rust CLI asks when nothing is configured, over https. */
const RUST_DEFAULT_API_URL = 'https://app.runbeam.io';

/** Where a base URL came from, strongest first. */
export type ApiUrlSource = 'env' | 'config' | 'default';

export interface ApiUrl {
  /** Without a trailing slash and without a trailing `/api`. */
  readonly url: string;
  readonly source: ApiUrlSource;
}

/**
 * Makes a base URL exact: https (http on loopback only), no user, query or fragment, no trailing slash or `/api`.
 * Throws `bad_server` and `insecure_transport`; the text itself is not echoed, it could hold a password.
 */
export function parseApiUrl(text: string, source: ApiUrlSource = 'config'): string {
  const url = parseWebUrl(text.trim());
  if (url === undefined) {
    throw invalid('The API URL is not a URL that starts with https://', source);
  }
  const written = /^https?:\/\/(?:[^/?#]*@)?([^/?#:]*)/i.exec(text.trim())?.[1] ?? '';
  if (isNumberAddress(written, url.hostname)) throw invalid('The API URL has a number where a host should be', source);
  if (url.username !== '' || url.password !== '') throw invalid('The API URL must not hold a user name or password', source);
  if (url.search !== '' || url.hash !== '') throw invalid('The API URL must not hold a query or a fragment', source);
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new BeamError('insecure_transport', `The API URL for ${url.host} is plain http, which is for this machine only`, {
      hint: { command: setApiUrl(`https://${url.host}`, source) },
    });
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/api$/, '');
  return `${url.origin}${path}`;
}

function parseWebUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== '' ? url : undefined;
}

/**
 * The configured base URL: `RUNBEAM_API_URL`, then the config file's `api_url`, then the public service (docs/contracts.md 3).
 * Throws as `parseApiUrl`.
 */
export function configuredApiUrl(homes: Homes, env: Env): ApiUrl {
  const { value, source } = writtenApiUrl(homes, env);
  return { url: parseApiUrl(value, source), source };
}

/** The same as it is written, unchecked. */
export function writtenApiUrl(homes: Homes, env: Env): { readonly value: string; readonly source: ApiUrlSource } {
  const fromEnv = variable(env, 'RUNBEAM_API_URL');
  if (fromEnv !== undefined) return { value: fromEnv, source: 'env' };
  const configured = readRunbeamConfig(homes).apiUrl;
  if (configured !== undefined) return { value: configured, source: 'config' };
  return { value: DEFAULT_API_URL, source: 'default' };
}

/**
 * The base URL of the cloud that issued a login of the Rust CLI, whose file goes before the environment: a login that lies there
 * is not of the cloud that a shell names for now. Its token names the issuer, and one that does not is of the
 * cloud that the Rust CLI was configured for. Over https, whatever they say; undefined where they say nothing usable.
 */
export function rustLoginApiUrl(homes: Homes, env: Env, issuer: string | undefined): string | undefined {
  const value = readRunbeamConfig(homes).apiUrl ?? variable(env, 'RUNBEAM_API_URL');
  const configured = overHttps(value ?? RUST_DEFAULT_API_URL);
  if (issuer === undefined) return configured;
  const base = overHttps(issuer);
  const origin = base && new URL(base).origin;
  // The issuer's path is none of an API; ours may be configured with one.
  const own = overHttps(value ?? DEFAULT_API_URL);
  return own !== undefined && new URL(own).origin === origin ? own : origin;
}

function overHttps(text: string): string | undefined {
  try {
    return parseApiUrl(text.trim().replace(/^http:\/\/(?!(?:localhost|127\.[\d.]+|\[::1\])(?:[:/]|$))/iu, 'https://'));
  } catch (error) {
    if (error instanceof BeamError) return undefined;
    throw error;
  }
}

/** The command that has another URL used: what the environment says goes before the file. */
export function setApiUrl(url: string, source: ApiUrlSource): string {
  return source === 'env' ? `export RUNBEAM_API_URL=${shellWord(url)}` : `runbeam config:set api-url ${shellWord(url)}`;
}

function invalid(message: string, source: ApiUrlSource): BeamError {
  return new BeamError('bad_server', message, { hint: { command: setApiUrl(DEFAULT_API_URL, source) } });
}
