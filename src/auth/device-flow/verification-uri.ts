import { BeamError } from '../../errors.ts';
import { isLoopback } from '../../http.ts';
import { printable } from '../../text.ts';

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
