/** age identities (private keys) and what they encrypt. Loads age-encryption only when something is encrypted. */
import { BeamError } from '../../errors.ts';
import { Secret } from '../../secret.ts';

const IDENTITY = /^AGE-SECRET-KEY-1[0-9A-Z]{50,}$/u;
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/u;
const MAX_TEXT = 4_096;
const HINT = { text: 'Give an AGE-SECRET-KEY-1 line, its base64, or the base64 of what age-keygen prints' };

function identityLine(text: string): string | undefined {
  const lines = text.split(/\r?\n/u).map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return keys.length === 1 && IDENTITY.test(keys[0] ?? '') ? keys[0] : undefined;
}

/**
 * Reads a key in any documented shape: an `AGE-SECRET-KEY-1…` line, base64 of that line, the three lines that
 * `age-keygen` prints or base64 of them, each with trailing newlines or without (docs/contracts.md 4).
 * Throws `bad_key`, which never holds the text.
 */
export function parseIdentity(text: string, what = 'The encryption key'): Secret {
  const usable = text.length <= MAX_TEXT;
  const decoded = usable && BASE64.test(text) ? Buffer.from(text, 'base64').toString('utf8') : '';
  const line = usable ? (identityLine(text) ?? identityLine(decoded)) : undefined;
  if (line === undefined) throw new BeamError('bad_key', `${what} is not an age X25519 identity`, { hint: HINT });
  return new Secret(line);
}

/** What was worked out for a key that is still at hand: it takes longer than to encrypt a token. */
const recipients = new WeakMap<Secret, string>();

/** The recipient (`age1…`) of an identity. Throws `bad_key` if its checksum is wrong. */
export async function recipientOf(identity: Secret, what = 'The encryption key'): Promise<string> {
  const known = recipients.get(identity);
  if (known !== undefined) return known;
  const { identityToRecipient } = await import('age-encryption');
  try {
    const recipient = await identityToRecipient(identity.reveal());
    recipients.set(identity, recipient);
    return recipient;
  } catch (error) {
    throw new BeamError('bad_key', `${what} is not an age X25519 identity`, { hint: HINT, cause: error });
  }
}

/** A new identity, of the kind that every age program reads. */
export async function generateIdentity(): Promise<Secret> {
  const { generateX25519Identity } = await import('age-encryption');
  return new Secret(await generateX25519Identity());
}

/** An age file in its binary form. Throws `bad_key`. */
export async function encrypt(identity: Secret, plaintext: string): Promise<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const recipient = await recipientOf(identity);
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter.encrypt(plaintext);
}

/** Opens a binary age file with the first identity that fits. `what` names it in the error. Throws `decrypt_failed`. */
export async function decrypt(identities: readonly Secret[], file: Uint8Array, what: string): Promise<string> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  try {
    for (const identity of identities) decrypter.addIdentity(identity.reveal());
    return await decrypter.decrypt(file, 'text');
  } catch (error) {
    throw new BeamError('decrypt_failed', `${what} cannot be decrypted with the key at hand`, { cause: error });
  }
}
