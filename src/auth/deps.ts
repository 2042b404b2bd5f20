import type { Clock } from '../clock.ts';
import type { Http } from '../http.ts';

/** What every login dialect is given. */
export interface AuthDeps {
  readonly http: Http;
  readonly clock: Clock;
}

/**
 * Milliseconds a refresh may take. Long on purpose: when a client gives up on a refresh, the server has often rotated
 * the token all the same, and the next try counts as reuse.
 */
export const REFRESH_DEADLINE = 30_000;

/** The public OAuth client that this program is, unless `--client-id` says otherwise. */
export const DEFAULT_CLIENT_ID = 'beamd-cli';
