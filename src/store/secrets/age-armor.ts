/** Secrets as ASCII-armored age files, which the `age` program makes and opens too: sealed to keys, or with a passphrase. */
import { BeamError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import { decrypt, encrypt, recipientOf } from './age-identity.ts';
import type { Seal } from './secret-store.ts';

/** An armored age file that this identity opens. Throws `bad_key`. */
export async function sealTo(identity: Secret, plaintext: string): Promise<string> {
  return toArmor(await encrypt(identity, plaintext));
}

/**
 * An armored age file that whoever has the identity of `recipient` opens. `path` names in the error where that stands. Throws `bad_file`.
 */
export async function sealToRecipient(recipient: string, plaintext: string, path: string): Promise<string> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch (error) {
    const hint = { text: `Correct ${path}` };
    throw new BeamError('bad_file', `${path} has a wrong \`recipient\``, { hint, cause: error });
  }
  return toArmor(await encrypter.encrypt(plaintext));
}

/**
 * As `sealTo`, in two steps: all that needs no plaintext (the library, the keys, the header of the file) is done now, and the
 * rest, for one text, in well under a millisecond. Throws `bad_key`.
 */
export async function sealerTo(identity: Secret): Promise<Seal> {
  const { Encrypter, armor } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.addRecipient(await recipientOf(identity));
  let give: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  const plain = new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (controller) => void (give = controller) });
  const file = await encrypter.encrypt(plain);
  return async (plaintext) => {
    give?.enqueue(new TextEncoder().encode(plaintext));
    give?.close();
    const pieces: Uint8Array[] = [];
    for await (const piece of file) pieces.push(piece);
    return armor.encode(Buffer.concat(pieces)).trimEnd();
  };
}

/** What `sealTo` sealed to one of these. `key` names the account in the error. Throws `decrypt_failed`. */
export async function openWith(identities: readonly Secret[], key: string, sealed: string): Promise<string> {
  return decrypt(identities, await fromArmor(key, sealed), `The credential of ${key}`);
}

/** An armored age file that this passphrase opens (age scrypt). Takes about a second, on purpose. */
export async function sealWithPassphrase(passphrase: Secret, plaintext: string): Promise<string> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase.reveal());
  return toArmor(await encrypter.encrypt(plaintext));
}

/**
 * What `sealWithPassphrase` sealed; undefined if the passphrase is wrong. `key` names the account in the error.
 * Throws `decrypt_failed` for text that is no age file.
 */
export async function openWithPassphrase(passphrase: Secret, key: string, sealed: string): Promise<string | undefined> {
  const { Decrypter } = await import('age-encryption');
  const file = await fromArmor(key, sealed);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase.reveal());
  try {
    return await decrypter.decrypt(file, 'text');
  } catch {
    return undefined;
  }
}

async function toArmor(file: Uint8Array): Promise<string> {
  const { armor } = await import('age-encryption');
  return armor.encode(file).trimEnd();
}

async function fromArmor(key: string, sealed: string): Promise<Uint8Array> {
  const { armor } = await import('age-encryption');
  try {
    return armor.decode(sealed);
  } catch (error) {
    throw new BeamError('decrypt_failed', `The credential of ${key} is not a whole age file`, { cause: error });
  }
}
