import { BeamError } from '../../errors.ts';
import type { Http, HttpResponse } from '../../http.ts';
import { isTrouble } from '../../net/answers.ts';
import type { Secret } from '../../secret.ts';
import { parseServer } from '../../store/server.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { DEFAULT_CLIENT_ID, revoking } from '../dialect/dialect.ts';
import type { RevokeOutcome, SessionDialect, AuthDeps } from '../dialect/dialect.ts';
import { discoverOAuth, type OAuthMetadata } from './metadata.ts';
import { refreshed, refreshTokenOf } from '../dialect/refresh-answer.ts';

/**
 * Refresh (RFC 6749 section 6) and revocation (RFC 7009) of an OAuth session. Both are one form each and go without
 * openid-client: it would check the new ID token and throw the whole answer away for an odd one, after the server has
 * rotated.
 */
export function oauthSession(deps: AuthDeps): SessionDialect {
  return {
    refresh: (account, credential) => refresh(account, credential, deps),
    revoke: (account, credential) => revoking(() => revoke(account, credential, deps)),
  };
}

async function refresh(account: Account, credential: Credential, { http, clock }: AuthDeps): Promise<Credential> {
  const token = refreshTokenOf(account, credential);
  const metadata = await metadataOf(account, http);
  const answer = await http({
    method: 'POST',
    url: metadata.tokenEndpoint,
    form: { grant_type: 'refresh_token', refresh_token: token.reveal(), client_id: clientIdOf(account) },
    once: true,
  });
  return refreshed(answer, account, credential, clock);
}

/** Revokes the refresh token, and with it the session; then the access token, where the server revokes those too. */
async function revoke(account: Account, credential: Credential, { http }: AuthDeps): Promise<RevokeOutcome> {
  const url = (await metadataOf(account, http)).revocationEndpoint;
  if (url === undefined) return 'unsupported';
  const { refreshToken, accessToken } = credential;
  const end = (token: Secret, hint: string): Promise<RevokeOutcome> => {
    const form = { token: token.reveal(), token_type_hint: hint, client_id: clientIdOf(account) };
    return http({ method: 'POST', url, form }).then(outcomeOf);
  };
  if (refreshToken === undefined) return end(accessToken, 'access_token');
  const outcome = await end(refreshToken, 'refresh_token');
  if (outcome === 'revoked') await revoking(() => end(accessToken, 'access_token'));
  return outcome;
}

function outcomeOf(answer: HttpResponse): RevokeOutcome {
  if (answer.status === 200) return 'revoked';
  return isTrouble(answer) ? 'unreachable' : 'unsupported';
}

function clientIdOf(account: Account): string {
  return account.clientId ?? DEFAULT_CLIENT_ID;
}

/** The metadata of the server that issued the session. It must still be the same issuer. */
async function metadataOf(account: Account, http: Http): Promise<OAuthMetadata> {
  const asked = parseServer(account.controlPlane ?? account.server);
  const metadata = await discoverOAuth(asked, http, 'token');
  if (metadata === undefined) {
    throw new BeamError('server_error', `${asked.name} no longer says where to renew the session`);
  }
  if (account.issuer !== undefined && account.issuer !== metadata.issuer) {
    throw new BeamError('bad_answer', `The login discovery of ${asked.name} belongs to another issuer`);
  }
  return metadata;
}
