/** What a server says of a device login, made fit to be shown, opened and waited for. */
import { BeamError } from '../../errors.ts';
import { isLoopback } from '../../http.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { printable } from '../../text.ts';
import type { DeviceLogin } from '../dialect/dialect.ts';
import type { DeviceAuthorization } from '../dialect/schemas.ts';

/**
 * A device login as the user and the poll loop see it: URLs checked, numbers clamped, text fit to print.
 * `fallbackUri` stands in for an answer without `verification_uri`. Throws `bad_answer`.
 */
export function deviceLogin(
  answer: DeviceAuthorization,
  what: string,
  fallbackUri: string | undefined,
  rest: Pick<DeviceLogin, 'poll' | 'code' | 'clockSkew' | 'controlPlane'>,
): DeviceLogin {
  const uri = answer.verification_uri ?? answer.verification_url ?? fallbackUri;
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

/**
 * The URL a user is sent to, in the exact form that is shown and opened: https (http on loopback only), no credentials
 * in it, at most 2,048 characters, nothing hidden. Throws `bad_answer`; `what` names the document and the host.
 */
export function checkVerificationUri(text: string, what: string): string {
  const bad = (why: string): BeamError =>
    new BeamError('bad_answer', `The ${what} sends you to a page that ${why}, so nothing was opened`);
  if (text.length > 2_048) throw bad('has a very long address');
  if (printable(text, 2_048) !== text || /\s/.test(text)) throw bad('has hidden characters in its address');
  if (!URL.canParse(text)) throw bad('has no valid address');
  const url = new URL(text);
  const allowed = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  if (!allowed) throw bad('is not https');
  if (url.username !== '' || url.password !== '') throw bad('hides its real host behind a user name');
  return url.href;
}

/** How long a device login may take: 1 to 1,800. */
export function clampExpiry(seconds: number): number {
  return clamp(seconds, 1, 1_800);
}

/** The pause between two polls: 1 to 60, and 5 when the server names none (RFC 8628 section 3.2). */
export function clampInterval(seconds: number | undefined): number {
  return clamp(seconds ?? 5, 1, 60);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
