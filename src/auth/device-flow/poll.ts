import type { Clock } from '../../clock.ts';
import { BeamError, isTransient } from '../../errors.ts';
import type { DeviceLogin, PollAnswer, Session } from '../dialect/dialect.ts';
import { shownErrorCode } from '../dialect/schemas.ts';

export interface PollOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Called with each failed poll; the login goes on. */
  readonly onTrouble?: (error: BeamError) => void;
}

const LONGEST_PAUSE = 60;

/**
 * Polls until the user has decided (RFC 8628 section 3.5). A dropped connection or a server in trouble only lengthens
 * the pause, up to a minute or to what the server asks for, until the login expires. Throws `access_denied`, `expired_token`, `interrupted`, and
 * whatever a poll throws that is not passing trouble.
 */
export async function pollUntilDone(login: DeviceLogin, options: PollOptions): Promise<Session> {
  const { clock, signal } = options;
  const end = clock.now() + login.expiresIn * 1000;
  let interval = login.interval;
  let failures = 0;
  let wanted = 0;
  for (;;) {
    const left = end - clock.now();
    if (left <= 0) throw expired();
    const pause = Math.min(interval * 2 ** Math.min(failures, 6), Math.max(interval, LONGEST_PAUSE));
    await sleep(Math.min(Math.max(pause, wanted) * 1000, left), clock, signal);
    const answer = await ask(login, options);
    const trouble = answer instanceof BeamError;
    failures = trouble ? failures + 1 : 0;
    wanted = trouble ? (answer.retryAfter ?? 0) : 0;
    if (trouble) continue;
    if (answer.status === 'done') return answer.session;
    if (answer.status === 'slow_down') interval += 5;
    if (answer.status === 'expired') throw expired();
    if (answer.status === 'denied') throw new BeamError('access_denied', 'The login was denied in the browser');
  }
}

async function sleep(ms: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    throw signal?.aborted === true ? interrupted() : error;
  }
  if (signal?.aborted === true) throw interrupted();
}

async function ask(login: DeviceLogin, { signal, onTrouble }: PollOptions): Promise<PollAnswer | BeamError> {
  try {
    return await login.poll(signal);
  } catch (error) {
    if (signal?.aborted === true) throw interrupted();
    if (!(error instanceof BeamError) || !isTransient(error.code)) throw error;
    onTrouble?.(error);
    return error;
  }
}

function interrupted(): BeamError {
  return new BeamError('interrupted', 'The login was interrupted; nothing was saved');
}

function expired(): BeamError {
  return new BeamError('expired_token', 'The login expired before it was approved', { hint: { text: 'Log in again' } });
}

/** What an error code of RFC 8628 section 3.5 means. `what` names the document and the host. Throws `bad_answer`. */
export function pollAnswer(code: string, what: string): PollAnswer {
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
    default:
      throw new BeamError('bad_answer', `The ${what} refuses the login: ${shownErrorCode(code)}`);
  }
}
