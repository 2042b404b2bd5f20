import { BeamError } from '../errors.ts';
import type { Server } from '../store/server.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { DEFAULT_CLIENT_ID, type Dialect, type AuthDeps } from './dialect/dialect.ts';
import { firstFound, UnreadableDocument } from './dialect/discovery.ts';

export interface DiscoverDeps extends AuthDeps {
  /** OAuth only; `beamd-cli` by default. */
  readonly clientId?: string;
  /** An OAuth issuer that the server's own discovery does not lead to, as `parseIssuer` takes it. It alone is asked. */
  readonly issuer?: string;
  readonly signal?: AbortSignal;
}

/**
 * How to log in to a server: beam-auth, else OpenID, else OAuth discovery; undefined when it says of all of them that it has
 * none, which makes it a self-hosted server with static tokens. Throws `network`, `timeout` and `server_error` when the
 * server could not be asked, `bad_answer` for a document that cannot be read or must not be followed, `no_device_login`, and
 * `bad_server` for an issuer that is none.
 */
export async function discoverDialect(server: Server, deps: DiscoverDeps): Promise<Dialect | undefined> {
  const { issuer } = deps;
  if (issuer !== undefined) return oauth(server, issuer, deps);
  try {
    return await firstFound([() => beamAuth(server, deps), () => oauth(server, undefined, deps)]);
  } catch (error) {
    if (!(error instanceof UnreadableDocument)) throw error;
    const text = `Try again later. If it is self-hosted, log in with its token: beamd login --server ${server.name} --token -`;
    throw new BeamError(error.code, error.message, { hint: { text }, cause: error });
  }
}

async function beamAuth(server: Server, deps: DiscoverDeps): Promise<Dialect | undefined> {
  const { discoverBeamAuth } = await import('./beam-auth/discovery.ts');
  const endpoints = await discoverBeamAuth(server, deps.http, omitUndefined({ signal: deps.signal }));
  if (endpoints === undefined) return undefined;
  const { beamAuthDialect } = await import('./beam-auth/login.ts');
  return beamAuthDialect(server, endpoints, deps);
}

async function oauth(server: Server, named: string | undefined, deps: DiscoverDeps): Promise<Dialect | undefined> {
  const { parseIssuer, rootIssuer } = await import('./oauth/issuer.ts');
  const { discoverOAuth } = await import('./oauth/metadata.ts');
  const issuer = named === undefined ? rootIssuer(server) : parseIssuer(named);
  const metadata = await discoverOAuth(issuer, deps.http, 'device', deps.signal);
  if (metadata === undefined) return undefined;
  const { oauthDialect } = await import('./oauth/login.ts');
  return oauthDialect(server, metadata, deps.clientId ?? DEFAULT_CLIENT_ID, deps);
}
