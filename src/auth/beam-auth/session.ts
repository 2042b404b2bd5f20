import { BeamError } from '../../errors.ts';
import type { HttpResponse } from '../../http.ts';
import { isTrouble } from '../../net/answers.ts';
import { parseServer } from '../../store/server.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { discoverBeamAuth, type BeamAuthEndpoints } from './discovery.ts';
import { firstFound } from '../dialect/discovery.ts';
import { revoking, type RevokeOutcome, type SessionDialect, type AuthDeps, type Tokens } from '../dialect/dialect.ts';
import { confirmed, refreshed, refreshTokenOf } from '../dialect/refresh-answer.ts';

/**
 * Refresh and revocation of a beam-auth session. The dialect's contract names neither, so they follow RFC 6749 in its
 * JSON: `{"grant_type": "refresh_token", "refresh_token"}` to `token_url`, and `{"token"}` to `revocation_url` where
 * the discovery has one.
 */
export function beamAuthSession(deps: AuthDeps): SessionDialect {
  return {
    refresh: (account, credential) => refresh(account, credential, deps),
    revoke: (account, credential) => revoking(() => revoke(account, credential, deps)),
  };
}

async function refresh(account: Account, credential: Credential, { http, clock }: AuthDeps): Promise<Credential> {
  const token = refreshTokenOf(account, credential);
  const endpoints = await endpointsOf(account, http);
  if (endpoints === undefined) {
    throw new BeamError('server_error', `${account.controlPlane ?? account.server} no longer says where to renew the session`);
  }
  const json = { grant_type: 'refresh_token', refresh_token: token.reveal() };
  const ask = (): Promise<HttpResponse> => http({ method: 'POST', url: endpoints.tokenUrl, json, once: true });
  return refreshed(await confirmed(ask, clock), account, credential);
}

async function revoke(account: Account, credential: Credential, { http }: AuthDeps): Promise<RevokeOutcome> {
  return revokeAt((await endpointsOf(account, http))?.revocationUrl, credential, http);
}

/** Revokes each token there is at the revocation endpoint; a server may have none. Throws what `Http` throws. */
export async function revokeAt(
  url: string | undefined,
  { refreshToken, accessToken }: Tokens,
  http: AuthDeps['http'],
): Promise<RevokeOutcome> {
  if (url === undefined) return 'unsupported';
  for (const token of [refreshToken, accessToken].filter((one) => one !== undefined)) {
    const answer = await http({ method: 'POST', url, json: { token: token.reveal() } });
    if (isTrouble(answer)) return 'unreachable';
    if (answer.status < 200 || answer.status > 299) return 'unsupported';
  }
  return 'revoked';
}

/** As the control plane says them, else the edge; on these two and nowhere else. */
async function endpointsOf(account: Account, http: AuthDeps['http']): Promise<BeamAuthEndpoints | undefined> {
  const edge = parseServer(account.server);
  if (account.controlPlane === undefined) return discoverBeamAuth(edge, http, { pinned: [edge] });
  const controlPlane = parseServer(account.controlPlane);
  const pinned = [controlPlane, edge];
  return firstFound([controlPlane, edge].map((server) => () => discoverBeamAuth(server, http, { pinned })));
}
