import { BeamError } from '../errors.ts';
import type { PollAnswer } from './dialect.ts';
import { shownErrorCode } from './error-codes.ts';

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
