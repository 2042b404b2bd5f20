/** age as a gateway uses it: X25519, binary format. */
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';

const IDENTITY = /^AGE-SECRET-KEY-1[0-9A-Z]+$/m;

/**
 * The identity line in any documented shape: the line itself, base64 of it, base64 of what `age-keygen` prints, each
 * with or without newlines at the end. Undefined when it is none of them.
 */
export function identityIn(text: string): string | undefined {
  const plain = IDENTITY.exec(text.trim());
  return (plain ?? IDENTITY.exec(Buffer.from(text.trim(), 'base64').toString('utf8').trim()))?.[0];
}

export function newIdentity(): Promise<string> {
  return generateX25519Identity();
}

export async function sealFor(identity: string, text: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  return encrypter.encrypt(text);
}

/** Throws when the identity is not the file's. */
export function openWith(identity: string, sealed: Uint8Array): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(sealed, 'text');
}
