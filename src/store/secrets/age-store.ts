/** Secrets sealed to the store key, as ASCII-armored age files that the `age` program opens too. */
import { BeamError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import { encryptionKeyFile, type Homes } from '../paths.ts';
import { type Env } from '../../environment.ts';
import { decrypt, encrypt } from './age-identity.ts';
import { knownIdentities, storeIdentity } from './key-file.ts';
import type { SecretStore } from './secret-store.ts';

export function createAgeStore(homes: Homes, env: Env): SecretStore {
  return {
    seal: async (_key, plaintext) => sealTo(await storeIdentity(homes, env), plaintext),
    async open(key, sealed) {
      const identities = knownIdentities(homes, env);
      if (identities.length === 0) {
        throw new BeamError('decrypt_failed', `The credential of ${key} is encrypted and its key is missing`, {
          hint: { text: `Put back ${encryptionKeyFile(homes)} or set BEAMD_ENCRYPTION_KEY, or log in again` },
        });
      }
      return openWith(identities, key, sealed);
    },
    remove: () => Promise.resolve('none'),
  };
}

/** An ASCII-armored age file that this identity opens. Throws `bad_key`. */
export async function sealTo(identity: Secret, plaintext: string): Promise<string> {
  const { armor } = await import('age-encryption');
  return armor.encode(await encrypt(identity, plaintext)).trimEnd();
}

/** What `sealTo` sealed to one of these. `key` names the account in the error. Throws `decrypt_failed`. */
export async function openWith(identities: readonly Secret[], key: string, sealed: string): Promise<string> {
  return decrypt(identities, await unarmor(key, sealed), `The credential of ${key}`);
}

/** The bytes of an armored age file. Throws `decrypt_failed`. */
export async function unarmor(key: string, sealed: string): Promise<Uint8Array> {
  const { armor } = await import('age-encryption');
  try {
    return armor.decode(sealed);
  } catch (error) {
    throw new BeamError('decrypt_failed', `The credential of ${key} is not a whole age file`, { cause: error });
  }
}
