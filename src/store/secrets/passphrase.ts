/** Secrets sealed with a passphrase (age scrypt), as the `age -p` program makes and opens them. */
import type { Secret } from '../../secret.ts';
import { unarmor } from './age-store.ts';

/** An ASCII-armored age file that this passphrase opens. Takes about a second, on purpose. */
export async function sealWithPassphrase(passphrase: Secret, plaintext: string): Promise<string> {
  const { Encrypter, armor } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase.reveal());
  return armor.encode(await encrypter.encrypt(plaintext)).trimEnd();
}

/**
 * What `sealWithPassphrase` sealed; undefined if the passphrase is wrong. `key` names the account in the error.
 * Throws `decrypt_failed` for text that is no age file.
 */
export async function openWithPassphrase(passphrase: Secret, key: string, sealed: string): Promise<string | undefined> {
  const { Decrypter } = await import('age-encryption');
  const file = await unarmor(key, sealed);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase.reveal());
  try {
    return await decrypter.decrypt(file, 'text');
  } catch {
    return undefined;
  }
}
