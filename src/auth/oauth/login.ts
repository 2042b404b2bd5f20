import * as v from 'valibot';
import { BeamError } from '../../errors.ts';
import type { HttpResponse } from '../../http.ts';
import { isTrouble, jsonOf, parseJson, unexpectedStatus } from '../../net/answers.ts';
import { clockSkewOf, watchClock, type ClockWatch } from '../../net/clock-skew.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import type { Server } from '../../store/server.ts';
import { deviceLogin } from '../device-flow/device-login.ts';
import { clientHint, readPoll } from '../device-flow/poll.ts';
import {
  type AuthDeps,
  type DeviceLogin,
  type Dialect,
  type PollAnswer,
  type RevokeOutcome,
  type Session,
  type Tokens,
} from '../dialect/dialect.ts';
import { deviceAuthorization, optionalText, shownErrorCode } from '../dialect/schemas.ts';
import { errorCodeOf, grant, type GrantedTokens } from '../dialect/token-answer.ts';
import { readIdToken } from './id-token.ts';
import { identityOf } from './identity.ts';
import type { OAuthMetadata } from './metadata.ts';
import { revokeAt } from './session.ts';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

const tokenAnswer = v.looseObject({
  ...grant.entries,
  token_type: v.fallback(optionalText, undefined),
  id_token: v.fallback(optionalText, undefined),
});

type TokenAnswer = v.InferOutput<typeof tokenAnswer>;

/** Where one login goes to. */
interface Login {
  /** The server that was asked. */
  readonly server: Server;
  readonly metadata: OAuthMetadata;
  readonly clientId: string;
  readonly deps: AuthDeps;
  readonly watch: ClockWatch;
}

/**
 * Device login of a standard OAuth or OpenID server (RFC 8628, docs/contracts.md 2): two forms, whose answers are read as
 * servers give them and not as the RFC has them, and an ID token, which is held to what OpenID says.
 */
export function oauthDialect(server: Server, metadata: OAuthMetadata, clientId: string, deps: AuthDeps): Dialect {
  const login = { server, metadata, clientId, deps, watch: watchClock(deps.http, deps.clock) };
  return {
    name: 'oauth',
    begin: (signal) => begin(login, signal),
    resume: { tokenUrl: metadata.tokenEndpoint, poll: (code) => (signal) => poll(login, code, signal) },
  };
}

async function begin(login: Login, signal: AbortSignal | undefined): Promise<DeviceLogin> {
  const { metadata, clientId, watch } = login;
  const what = `device login answer of ${metadata.host.name}`;
  const form = { client_id: clientId, scope: scopesToAsk(metadata) };
  const url = metadata.deviceEndpoint ?? metadata.tokenEndpoint;
  const answer = await watch.http(omitUndefined({ method: 'POST', url, form, signal }));
  refuse(answer, what);
  const device = parseJson(answer, deviceAuthorization, what);
  const code = new Secret(device.device_code);
  return deviceLogin(device, what, undefined, { ...clockSkewOf(watch), code, poll: (stop) => poll(login, code, stop) });
}

function refuse(answer: HttpResponse, what: string): void {
  if (isTrouble(answer)) throw unexpectedStatus(answer, what);
  const error = errorCodeOf(jsonOf(answer));
  if (error !== undefined)
    throw new BeamError('bad_answer', `The ${what} is an error: ${shownErrorCode(error)}`, clientHint(error));
  if (answer.status < 200 || answer.status > 299) throw unexpectedStatus(answer, what);
}

function scopesToAsk(metadata: OAuthMetadata): string {
  const listed = ['profile', 'email'].filter((scope) => metadata.scopesSupported.includes(scope));
  return ['openid', 'offline_access', ...listed].join(' ');
}

async function poll(login: Login, code: Secret, signal: AbortSignal | undefined): Promise<PollAnswer> {
  const { metadata, clientId, deps } = login;
  const what = `token answer of ${metadata.host.name}`;
  const form = { grant_type: DEVICE_GRANT, device_code: code.reveal(), client_id: clientId };
  const asked = deps.clock.now();
  const answer = await deps.http(omitUndefined({ method: 'POST', url: metadata.tokenEndpoint, form, signal }));
  const revoke = (tokens: Tokens): Promise<RevokeOutcome> => revokeAt(metadata.revocationEndpoint, clientId, tokens, deps.http);
  const make = (read: TokenAnswer, tokens: GrantedTokens): Promise<Session> => sessionOf(login, read, tokens, signal);
  return readPoll(answer, { schema: tokenAnswer, what, asked, make, revoke });
}

async function sessionOf(
  login: Login,
  answer: TokenAnswer,
  tokens: GrantedTokens,
  signal: AbortSignal | undefined,
): Promise<Session> {
  const { server, metadata, clientId, deps } = login;
  const giver = metadata.host.name;
  if ((answer.token_type ?? 'bearer').toLowerCase() !== 'bearer') {
    throw new BeamError('bad_answer', `The token answer of ${giver} holds no bearer token (token_type)`);
  }
  const idToken = answer.id_token === undefined ? undefined : readIdToken(answer.id_token, { metadata, clientId, giver });
  const { accessToken } = tokens;
  const identity = await identityOf({ server, metadata, http: deps.http, answer, idToken, accessToken, signal });
  return { ...tokens, ...identity, issuer: metadata.issuer, clientId };
}
