import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { loginCommand } from '../../hints.ts';
import type { HttpResponse } from '../../http.ts';
import { isTrouble, jsonOf, parseJson, unexpectedStatus } from '../../net/answers.ts';
import { Secret } from '../../secret.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { printable } from '../../text.ts';
import { errorCodeOf, expiresAt, optionalSeconds, optionalText, shownErrorCode, token, unixSeconds } from './schemas.ts';
import { omitUndefined } from '../../omit-undefined.ts';

// The server has rotated by the time this is read, and refusing the answer would lose the session. So only the access
// token is insisted on; anything odd about the rest counts as absent.
const refreshAnswer = v.object({
  access_token: token,
  refresh_token: v.fallback(optionalText, undefined),
  expires_in: v.fallback(optionalSeconds, undefined),
});

/** The definitive end of an account's session: what to say, and the command that helps. */
export function sessionEnded(account: Account): BeamError {
  const who = account.user === undefined ? 'The session' : `The session of ${printable(account.user)}`;
  return new BeamError('session_ended', `${who} on ${account.server} has ended`, { hint: { command: loginCommand(account) } });
}

/** The account's refresh token. Throws `session_ended` when there is none, since nothing else can renew the session. */
export function refreshTokenOf(account: Account, credential: Credential): Secret {
  if (credential.refreshToken === undefined) throw sessionEnded(account);
  return credential.refreshToken;
}

/**
 * The new credential in the answer to a refresh (RFC 6749 section 6). Without `refresh_token` the old one stays.
 * Throws `session_ended` for `invalid_grant` and for nothing else; `server_error` and `bad_answer` otherwise.
 */
export function refreshed(answer: HttpResponse, account: Account, old: Credential, clock: Clock): Credential {
  const what = `refresh answer for ${account.server}`;
  if (isTrouble(answer)) throw unexpectedStatus(answer, what);
  const error = errorCodeOf(jsonOf(answer));
  if (error === 'invalid_grant') throw sessionEnded(account);
  if (error !== undefined) throw new BeamError('server_error', `The ${what} is an error: ${shownErrorCode(error)}`);
  if (answer.status !== 200 && answer.status !== 400) throw unexpectedStatus(answer, what);
  const parsed = parseJson(answer, refreshAnswer, what);
  const refreshToken = parsed.refresh_token === undefined ? old.refreshToken : new Secret(parsed.refresh_token);
  const end = expiresAt(clock.now(), parsed.expires_in);
  return omitUndefined({
    accessToken: new Secret(parsed.access_token),
    refreshToken,
    expiresAt: end,
    issuedAt: unixSeconds(clock.now()),
  });
}
