/** The base URL of Runbeam Cloud: what a user configures, checked once, in one form. */
import type { Env } from '../environment.ts';
import { BeamError } from '../errors.ts';
import { isLoopback, isNumberAddress } from '../http.ts';
import { readRunbeamConfig } from '../store/config/runbeam-config.ts';
import type { Homes } from '../store/paths.ts';

const DEFAULT_API_URL = 'https://api.runbeam.io';

/** Where a base URL came from, strongest first. */
export type ApiUrlSource = 'config' | 'env' | 'default';

export interface ApiUrl {
  /** Without a trailing slash and without a trailing `/api`. */
  readonly url: string;
  readonly source: ApiUrlSource;
}

/**
 * Makes a base URL exact: https (http on loopback only), no user, query or fragment, no trailing slash or `/api`.
 * Throws `bad_server` and `insecure_transport`; the text itself is not echoed, it could hold a password.
 */
export function parseApiUrl(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '') {
    throw invalid('The API URL is not a URL that starts with https://');
  }
  const written = /^https?:\/\/(?:[^/?#]*@)?([^/?#:]*)/i.exec(text.trim())?.[1] ?? '';
  if (isNumberAddress(written, url.hostname)) throw invalid('The API URL has a number where a host should be');
  if (url.username !== '' || url.password !== '') throw invalid('The API URL must not hold a user name or password');
  if (url.search !== '' || url.hash !== '') throw invalid('The API URL must not hold a query or a fragment');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new BeamError('insecure_transport', `The API URL for ${url.host} is plain http, which is for this machine only`, {
      hint: { command: `runbeam config:set api-url https://${url.host}` },
    });
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/api$/, '');
  return `${url.origin}${path}`;
}

/** The configured base URL: config file `api_url`, then `RUNBEAM_API_URL`, then the public service (docs/contracts.md 3). */
export function configuredApiUrl(homes: Homes, env: Env): ApiUrl {
  const configured = readRunbeamConfig(homes).apiUrl;
  if (configured !== undefined) return { url: parseApiUrl(configured), source: 'config' };
  const fromEnv = env['RUNBEAM_API_URL'];
  if (fromEnv !== undefined && fromEnv !== '') return { url: parseApiUrl(fromEnv), source: 'env' };
  return { url: DEFAULT_API_URL, source: 'default' };
}

function invalid(message: string): BeamError {
  return new BeamError('bad_server', message, { hint: { command: `runbeam config:set api-url ${DEFAULT_API_URL}` } });
}
