import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import { BeamError, isTransient } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import {
  UnusableSession,
  usable,
  type DeviceLogin,
  type PollAnswer,
  type RevokeOutcome,
  type Session,
  type Tokens,
} from '../dialect/dialect.ts';
import type { HttpResponse } from '../../http.ts';
import { isTrouble, parseValue, unexpectedStatus } from '../../net/answers.ts';
import { shownErrorCode, token } from '../dialect/schemas.ts';
import { Secret } from '../../secret.ts';
import { errorCodeOf, fieldsOf, granted, holdsToken, type Grant, type GrantedTokens } from '../dialect/token-answer.ts';

export interface PollOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** The command that begins a new login, for hints. */
  readonly again: string;
  /** Called before each pause with what the server just did. The login goes on. */
  readonly onPoll?: (seen: PollSeen) => void;
}

/** What keeps a server from answering as usual: it asks for longer pauses, or is in trouble that passes. */
export type ServerTrouble = 'slow_down' | 'network' | 'timeout' | 'server_error';

/** What the last poll found. */
export interface PollSeen {
  /** Absent: all is well, and nobody has decided yet. */
  readonly trouble?: ServerTrouble;
  /** Seconds until the server is asked again. */
  readonly pause: number;
}

const LONGEST_PAUSE = 60;

/**
 * Polls until the user has decided (RFC 8628 section 3.5). A dropped connection or a server in trouble only lengthens
 * the pause, up to a minute or to what the server asks for, until the login expires. Throws `access_denied`, `expired_token`, `interrupted`, and
 * whatever a poll throws that is not passing trouble.
 */
export async function pollUntilDone(login: DeviceLogin, options: PollOptions): Promise<Session> {
  const { clock, signal, onPoll } = options;
  const end = clock.now() + login.expiresIn * 1000;
  let interval = login.interval;
  let failures = 0;
  let wanted = 0;
  let trouble: ServerTrouble | undefined;
  for (let polls = 0; ; polls += 1) {
    const left = end - clock.now();
    if (left <= 0) throw expired(options);
    const usual = Math.min(interval * 2 ** Math.min(failures, 6), Math.max(interval, LONGEST_PAUSE));
    const pause = Math.min(Math.max(usual, wanted), left / 1000);
    if (polls > 0) onPoll?.(omitUndefined({ trouble, pause }));
    await sleep(pause * 1000, clock, signal);
    const answer = await ask(login, options);
    const failed = answer instanceof BeamError;
    failures = failed ? failures + 1 : 0;
    wanted = failed ? (answer.retryAfter ?? 0) : 0;
    trouble = troubleOf(answer);
    if (failed) continue;
    if (answer.status === 'done') return answer.session;
    if (answer.status === 'slow_down') interval += 5;
    if (answer.status === 'expired') throw expired(options);
    if (answer.status === 'denied') throw denied(options);
  }
}

function troubleOf(answer: PollAnswer | BeamError): ServerTrouble | undefined {
  if (!(answer instanceof BeamError)) return answer.status === 'slow_down' ? 'slow_down' : undefined;
  return answer.code === 'network' || answer.code === 'timeout' ? answer.code : 'server_error';
}

async function sleep(ms: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    throw signal?.aborted === true ? interrupted() : error;
  }
  if (signal?.aborted === true) throw interrupted();
}

async function ask(login: DeviceLogin, { signal, again }: PollOptions): Promise<PollAnswer | BeamError> {
  try {
    return await login.poll(signal);
  } catch (error) {
    if (signal?.aborted === true) throw interrupted();
    if (!(error instanceof BeamError)) throw error;
    // The code is used up: another poll would not give the session again.
    if (!isTransient(error.code) || error instanceof UnusableSession) throw withHint(error, again);
    return error;
  }
}

function interrupted(): BeamError {
  return new BeamError('interrupted', 'The login was interrupted; nothing was saved');
}

function expired({ again }: PollOptions): BeamError {
  return new BeamError('expired_token', 'The login expired before it was approved', { hint: { command: again } });
}

function denied({ again }: PollOptions): BeamError {
  return new BeamError('access_denied', 'The login was denied in the browser; nothing was saved', { hint: { command: again } });
}

/** A denial that a dialect found out by itself says what to type next, too. */
function withHint(error: BeamError, again: string): BeamError {
  if (error.code !== 'access_denied' || error.hint !== undefined) return error;
  return new BeamError(error.code, error.message, { hint: { command: again }, cause: error });
}

/** What an error code of RFC 8628 section 3.5 means. `what` names the document and the host. Throws `bad_answer`. */
function pollAnswer(code: string, what: string): PollAnswer {
  switch (code) {
    case 'authorization_pending':
      return { status: 'pending' };
    case 'slow_down':
      return { status: 'slow_down' };
    case 'access_denied':
      return { status: 'denied' };
    // invalid_grant: the server no longer knows the device code.
    case 'expired_token':
    case 'invalid_grant':
      return { status: 'expired' };
    case 'temporarily_unavailable':
    case 'server_error':
      throw new BeamError('server_error', `The ${what} is an error: ${code}`);
    default:
      throw new BeamError('bad_answer', `The ${what} refuses the login: ${shownErrorCode(code)}`, clientHint(code));
  }
}

/** What helps with a server that does not know this program as a client. */
export function clientHint(code: string): { readonly hint?: { readonly text: string } } {
  return code === 'invalid_client' || code === 'unauthorized_client' ? { hint: { text: 'Pass --client-id' } } : {};
}

/** What of an answer that grants the login is the dialect's own. */
interface Granting<S extends v.GenericSchema<unknown, Grant>> {
  readonly schema: S;
  /** The document and the host. */
  readonly what: string;
  /** When it was asked for, milliseconds since 1970. */
  readonly asked: number;
  readonly make: (answer: v.InferOutput<S>, tokens: GrantedTokens) => Promise<Session>;
  /** Ends a session of which too little came, or of which none can be made. */
  readonly revoke: (tokens: Tokens) => Promise<RevokeOutcome>;
}

/**
 * What the answer to a poll says. The JSON counts and not its status: servers send an error with 200, 400 or 403, and a
 * token with 200, 201 or 400. Throws `server_error` for trouble that a later poll may not have, `bad_answer`, as `unexpectedStatus`,
 * and what `make` throws.
 */
export async function readPoll<const S extends v.GenericSchema<unknown, Grant>>(
  answer: HttpResponse,
  { schema, what, asked, make, revoke }: Granting<S>,
): Promise<PollAnswer> {
  const fields = fieldsOf(answer);
  if (!holdsToken(fields)) {
    if (isTrouble(answer)) throw unexpectedStatus(answer, what);
    const error = errorCodeOf(fields);
    if (error !== undefined) return pollAnswer(error, what);
    if (answer.status !== 400 && (answer.status < 200 || answer.status > 299)) throw unexpectedStatus(answer, what);
  }
  const refresh = v.safeParse(withRefresh, fields);
  const read = (): v.InferOutput<S> => parseValue(fields, schema, what);
  const granting = refresh.success
    ? await usable(read, () => revoke({ refreshToken: new Secret(refresh.output.refresh_token) }))
    : read();
  const tokens = granted(granting, asked);
  return {
    status: 'done',
    session: await usable(
      () => make(granting, tokens),
      () => revoke(tokens),
    ),
  };
}

/** What can be renewed is a session, also where the rest of it is missing. */
const withRefresh = v.object({ refresh_token: token });
