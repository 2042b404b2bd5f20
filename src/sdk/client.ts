/** `RunbeamClient`: the client of the commands, made of what a program has. */
import { systemClock } from '../clock.ts';
import type { Fetch } from '../net/fetch-http.ts';
import { configuredApiUrl, parseApiUrl } from '../runbeam/api-url.ts';
import { CloudClient } from '../runbeam/cloud/client.ts';
import type { Secret } from '../secret.ts';
import { httpBy, ownHomes, secretOf } from './options.ts';

/** A token as a program has it: a JWT, a Sanctum token or a machine token. */
export type TokenSource = string | Secret | (() => string | Secret | Promise<string | Secret>);

/** What a client is made of. */
export interface RunbeamClientOptions {
  /** Sent with every call as it is. A function is asked before each call, so that it can give a fresh one, and again after a 401. */
  readonly token: TokenSource;
  /**
   * Where Runbeam Cloud is: https, or http on this machine. Default: `RUNBEAM_API_URL`, else `api_url` of
   * `~/.runbeam/config.json`, else `https://api.runbeam.io`.
   */
  readonly apiUrl?: string;
  /** Makes the requests. Default: a client that takes the proxy and the CAs of the environment, as the commands do. */
  readonly fetch?: Fetch;
  /** How often a call that only reads is made again after trouble that passes. Default 2; what changes something is sent once. */
  readonly retries?: number;
}

/**
 * Runbeam Cloud for programs.
 *
 * Every call may be given an `AbortSignal`. Every call throws a {@link BeamError} and nothing else: see its `code`.
 *
 * @example
 * ```ts
 * const client = new RunbeamClient({ token: process.env.RUNBEAM_TOKEN ?? '' });
 * for await (const gateway of client.gateways.list()) console.log(gateway.id, gateway.name);
 * ```
 */
export class RunbeamClient extends CloudClient {
  /** Throws `bad_server` or `insecure_transport` for an `apiUrl` that cannot be used, `bad_file` for a configuration that cannot. */
  constructor({ token, apiUrl, fetch, retries }: RunbeamClientOptions) {
    super({
      http: httpBy(fetch),
      apiUrl: apiUrl === undefined ? configuredApiUrl(ownHomes(), process.env).url : parseApiUrl(apiUrl),
      token: async () => secretOf(typeof token === 'function' ? await token() : token),
      clock: systemClock,
      retries,
    });
  }
}
