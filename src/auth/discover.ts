import type { Server } from '../store/server.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { DEFAULT_CLIENT_ID } from './dialect/dialect.ts';
import type { Dialect, AuthDeps } from './dialect/dialect.ts';

export interface DiscoverDeps extends AuthDeps {
  /** OAuth only; `beamd-cli` by default. */
  readonly clientId?: string;
  readonly signal?: AbortSignal;
}

/**
 * How to log in to a server: beam-auth, else OpenID, else OAuth discovery; undefined when it offers no device login,
 * which makes it a self-hosted server with static tokens. Throws `network`, `timeout` and `server_error` when the
 * server could not be asked, and `bad_answer` for a document that must not be followed.
 */
export async function discoverDialect(server: Server, deps: DiscoverDeps): Promise<Dialect | undefined> {
  const { http, signal, clientId = DEFAULT_CLIENT_ID } = deps;
  const { discoverBeamAuth } = await import('./beam-auth/discovery.ts');
  const endpoints = await discoverBeamAuth(server, http, omitUndefined({ signal }));
  if (endpoints !== undefined) {
    const { beamAuthDialect } = await import('./beam-auth/login.ts');
    return beamAuthDialect(server, endpoints, deps);
  }
  const { discoverOAuth } = await import('./oauth/metadata.ts');
  const metadata = await discoverOAuth(server, http, 'device', signal);
  if (metadata === undefined) return undefined;
  const { oauthDialect } = await import('./oauth/login.ts');
  return oauthDialect(server, metadata, clientId, deps);
}
