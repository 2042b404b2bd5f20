import type * as Client from 'openid-client';
import { BeamError } from '../../errors.ts';
import { clockSkewOf, watchClock, type ClockWatch } from '../../net/clock-skew.ts';
import { Secret } from '../../secret.ts';
import type { Server } from '../../store/server.ts';
import type { AuthDeps, DeviceLogin, Dialect, PollAnswer } from '../dialect/dialect.ts';
import { deviceLogin } from '../device-flow/device-login.ts';
import { oauthClient, oauthError, oauthErrorCode, type OAuthClient } from './client.ts';
import { identityOf } from './identity.ts';
import type { OAuthMetadata } from './metadata.ts';
import { pollAnswer } from '../device-flow/poll.ts';
import { expiresAt, isToken } from '../dialect/schemas.ts';
import { omitUndefined } from '../../omit-undefined.ts';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** Where one login goes to. */
interface Login {
  readonly server: Server;
  readonly metadata: OAuthMetadata;
  readonly clientId: string;
  readonly deps: AuthDeps;
  readonly client: OAuthClient;
  readonly watch: ClockWatch;
}

/** Device login of a standard OAuth or OpenID server (RFC 8628, docs/contracts.md 2), through openid-client. */
export function oauthDialect(server: Server, metadata: OAuthMetadata, clientId: string, deps: AuthDeps): Dialect {
  return {
    name: 'oauth',
    begin: async (signal) => {
      const watch = watchClock(deps.http, deps.clock);
      const client = await oauthClient(server, metadata, clientId, watch.http);
      return begin({ server, metadata, clientId, deps, client, watch }, signal);
    },
  };
}

async function begin(login: Login, signal: AbortSignal | undefined): Promise<DeviceLogin> {
  const { client, metadata } = login;
  const what = `device login answer of ${login.server.name}`;
  try {
    const scope = scopesToAsk(metadata);
    const answer = await client.library.initiateDeviceAuthorization(client.configuration(signal), { scope });
    const code = new Secret(answer.device_code);
    const { user_code, verification_uri, verification_uri_complete, expires_in, interval } = answer;
    const device = { device_code: '', user_code, verification_uri, verification_uri_complete, expires_in, interval };
    return deviceLogin(device, what, undefined, {
      ...clockSkewOf(login.watch),
      poll: (stop) => poll(login, code, stop),
    });
  } catch (error) {
    throw oauthError(error, client, what);
  }
}

function scopesToAsk(metadata: OAuthMetadata): string {
  const listed = ['profile', 'email'].filter((scope) => metadata.scopesSupported.includes(scope));
  return ['openid', 'offline_access', ...listed].join(' ');
}

/** One poll. The library's own loop gives up at the first reset, against RFC 8628 section 3.5. */
async function poll(login: Login, code: Secret, signal: AbortSignal | undefined): Promise<PollAnswer> {
  const { client } = login;
  const what = `token answer of ${login.server.name}`;
  let tokens: Client.TokenEndpointResponse & Client.TokenEndpointResponseHelpers;
  try {
    const parameters = { device_code: code.reveal() };
    tokens = await client.library.genericGrantRequest(client.configuration(signal), DEVICE_GRANT, parameters);
  } catch (error) {
    const refusal = oauthErrorCode(error, client);
    if (refusal !== undefined && refusal !== 'invalid_client' && refusal !== 'unauthorized_client') {
      return pollAnswer(refusal, what);
    }
    throw oauthError(error, client, what);
  }
  return { status: 'done', session: await sessionOf(login, tokens, signal) };
}

async function sessionOf(
  login: Login,
  tokens: Client.TokenEndpointResponse & Client.TokenEndpointResponseHelpers,
  signal: AbortSignal | undefined,
): Promise<Extract<PollAnswer, { status: 'done' }>['session']> {
  const { server, metadata, clientId, deps, client } = login;
  if (tokens.token_type !== 'bearer' || !isToken(tokens.access_token)) {
    throw new BeamError('bad_answer', `The token answer of ${server.name} holds no bearer token`);
  }
  const end = expiresAt(deps.clock.now(), tokens.expires_in);
  const accessToken = new Secret(tokens.access_token);
  const identity = await identityOf({ server, metadata, http: deps.http, client, tokens, accessToken, signal });
  return omitUndefined({
    accessToken,
    refreshToken: tokens.refresh_token === undefined ? undefined : new Secret(tokens.refresh_token),
    expiresAt: end,
    ...identity,
    issuer: metadata.issuer,
    clientId,
  });
}
