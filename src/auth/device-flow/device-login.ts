import { BeamError } from '../../errors.ts';
import { printable } from '../../text.ts';
import type { DeviceLogin } from '../dialect/dialect.ts';
import { clampExpiry, clampInterval } from '../dialect/limits.ts';
import type { DeviceAuthorization } from '../dialect/schemas.ts';
import { checkVerificationUri } from './verification-uri.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/**
 * A device login as the user and the poll loop see it: URLs checked, numbers clamped, text fit to print.
 * `fallbackUri` stands in for an answer without `verification_uri`. Throws `bad_answer`.
 */
export function deviceLogin(
  answer: DeviceAuthorization,
  what: string,
  fallbackUri: string | undefined,
  rest: Pick<DeviceLogin, 'poll' | 'clockSkew'>,
): DeviceLogin {
  const uri = answer.verification_uri ?? fallbackUri;
  if (uri === undefined) throw new BeamError('bad_answer', `The ${what} has no usable field verification_uri`);
  const userCode = printable(answer.user_code, 64).trim();
  const complete = answer.verification_uri_complete;
  return omitUndefined({
    ...(userCode === '' ? {} : { userCode }),
    verificationUri: checkVerificationUri(uri, what),
    verificationUriComplete: complete === undefined ? undefined : checkVerificationUri(complete, what),
    expiresIn: clampExpiry(answer.expires_in),
    interval: clampInterval(answer.interval),
    ...rest,
  });
}
