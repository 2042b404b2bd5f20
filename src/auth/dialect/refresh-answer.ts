import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { loginCommand } from '../../hints.ts';
import type { HttpResponse } from '../../http.ts';
import { isTrouble, parseValue, unexpectedStatus } from '../../net/answers.ts';
import type { Secret } from '../../secret.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { printable } from '../../text.ts';
import { shownErrorCode } from './schemas.ts';
import { errorCodeOf, fieldsOf, grant, granted, holdsToken } from './token-answer.ts';

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

/** An answer, and when it was asked for. */
export interface Answered {
  readonly answer: HttpResponse;
  /** Milliseconds since 1970. */
  readonly asked: number;
}

/**
 * The answer to a refresh. A 400 or 401 that does not say why may be anybody's, such as a proxy's: it is asked for once more
 * before it counts. A server that refused has not rotated, so that the token can be sent again.
 *
 * @param ask - sends the refresh
 */
export async function confirmed(ask: () => Promise<HttpResponse>, clock: Clock): Promise<Answered> {
  const once = async (): Promise<Answered> => {
    const asked = clock.now();
    return { asked, answer: await ask() };
  };
  const first = await once();
  return refusesWithoutWord(first.answer) ? once() : first;
}

/**
 * The new credential in the answer to a refresh (RFC 6749 section 6). The server has rotated by the time it is read, and
 * refusing it would lose the session: so any answer that holds an access token is taken, and without `refresh_token` the old
 * one stays. Throws `session_ended` for `invalid_grant` and for nothing else; `token_rejected`, `server_error` and
 * `bad_answer` otherwise.
 *
 * Its life counts from when it was asked for: a process that is frozen, or suspended with its machine, may read the answer
 * hours after the server gave it.
 */
export function refreshed({ answer, asked }: Answered, account: Account, old: Credential): Credential {
  const what = `refresh answer for ${account.server}`;
  const fields = fieldsOf(answer);
  if (!holdsToken(fields)) throwRefusal(answer, errorCodeOf(fields), account, what);
  return { ...granted(parseValue(fields, grant, what), asked, old), issuedAt: asked / 1000 };
}

function refusesWithoutWord(answer: HttpResponse): boolean {
  if (answer.status !== 400 && answer.status !== 401) return false;
  const fields = fieldsOf(answer);
  return !holdsToken(fields) && errorCodeOf(fields) === undefined;
}

/** Throws where the answer is one that refuses; one that only lacks the token is left to be named by its fields. */
function throwRefusal(answer: HttpResponse, error: string | undefined, account: Account, what: string): void {
  if (isTrouble(answer)) throw unexpectedStatus(answer, what);
  if (error === 'invalid_grant') throw sessionEnded(account);
  const hint = { command: loginCommand(account) };
  if (error !== undefined) {
    const passes = error === 'temporarily_unavailable' || error === 'server_error' || error === 'slow_down';
    throw new BeamError('server_error', `The ${what} is an error: ${shownErrorCode(error)}`, passes ? {} : { hint });
  }
  if (refusesWithoutWord(answer)) {
    throw new BeamError('token_rejected', `The ${what} is ${answer.status} and does not say why, twice; the session is kept`, {
      hint,
    });
  }
  if (answer.status < 200 || answer.status > 299) throw unexpectedStatus(answer, what);
}
