import { BeamError } from '../../errors.ts';
import type { Http, HttpResponse } from '../../http.ts';
import { isTrouble } from '../../net/answers.ts';
import type { Secret } from '../../secret.ts';
import { parseServer } from '../../store/server.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import {
  DEFAULT_CLIENT_ID,
  revoking,
  type RevokeOutcome,
  type SessionDialect,
  type AuthDeps,
  type Tokens,
} from '../dialect/dialect.ts';
import { parseIssuer, rootIssuer } from './issuer.ts';
import { discoverOAuth, type OAuthMetadata } from './metadata.ts';
import { confirmed, refreshed, refreshTokenOf } from '../dialect/refresh-answer.ts';

/**
 * Refresh (RFC 6749 section 6) and revocation (RFC 7009) of an OAuth session. Both are one form each. A new
 * ID token in the answer is not looked at: the server has rotated, and whose session it is was settled at login.
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
  const form = { grant_type: 'refresh_token', refresh_token: token.reveal(), client_id: clientIdOf(account) };
  const ask = (): Promise<HttpResponse> => http({ method: 'POST', url: metadata.tokenEndpoint, form, once: true });
  return refreshed(await confirmed(ask, clock), account, credential);
}

async function revoke(account: Account, credential: Credential, { http }: AuthDeps): Promise<RevokeOutcome> {
  return revokeAt((await metadataOf(account, http)).revocationEndpoint, clientIdOf(account), credential, http);
}

/**
 * Revokes the refresh token, and with it the session; then the access token, where the server revokes those too. A server may have
 * no endpoint for that. Throws what `Http` throws.
 */
export async function revokeAt(
  url: string | undefined,
  clientId: string,
  { refreshToken, accessToken }: Tokens,
  http: Http,
): Promise<RevokeOutcome> {
  if (url === undefined) return 'unsupported';
  const end = async (token: Secret | undefined, hint: string): Promise<RevokeOutcome | undefined> => {
    if (token === undefined) return undefined;
    const form = { token: token.reveal(), token_type_hint: hint, client_id: clientId };
    return outcomeOf(await http({ method: 'POST', url, form }));
  };
  const outcome = await end(refreshToken, 'refresh_token');
  if (outcome === undefined) return (await end(accessToken, 'access_token')) ?? 'unsupported';
  if (outcome === 'revoked') await revoking(async () => (await end(accessToken, 'access_token')) ?? outcome);
  return outcome;
}

function outcomeOf(answer: HttpResponse): RevokeOutcome {
  if (answer.status === 200) return 'revoked';
  return isTrouble(answer) ? 'unreachable' : 'unsupported';
}

function clientIdOf(account: Account): string {
  return account.clientId ?? DEFAULT_CLIENT_ID;
}

/** The metadata of the issuer that gave the session: of the one that the account has, whatever any document says since. */
async function metadataOf(account: Account, http: Http): Promise<OAuthMetadata> {
  const issuer =
    account.issuer === undefined ? rootIssuer(parseServer(account.controlPlane ?? account.server)) : parseIssuer(account.issuer);
  const metadata = await discoverOAuth(issuer, http, 'token');
  if (metadata !== undefined) return metadata;
  throw new BeamError('server_error', `${issuer.host.name} no longer says where to renew the session`);
}
