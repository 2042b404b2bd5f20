/** Secrets sealed to the store key, as ASCII-armored age files that the `age` program opens too. */
import { BeamError } from '../../errors.ts';
import { encryptionKeyFile, type Env, type Homes } from '../paths.ts';
import { decrypt, encrypt } from './identity.ts';
import { knownIdentities, storeIdentity } from './keys.ts';
import type { SecretStore } from './secret-store.ts';

export function createAgeStore(homes: Homes, env: Env): SecretStore {
  return {
    name: 'age',
    async seal(_key, plaintext) {
      const { armor } = await import('age-encryption');
      return armor.encode(await encrypt(await storeIdentity(homes, env), plaintext)).trimEnd();
    },
    async open(key, sealed) {
      const identities = knownIdentities(homes, env);
      if (identities.length === 0) {
        throw new BeamError('decrypt_failed', `The credential of ${key} is encrypted and its key is missing`, {
          hint: `Put back ${encryptionKeyFile(homes)} or set BEAMD_ENCRYPTION_KEY, or log in again`,
        });
      }
      return decrypt(identities, await unarmor(key, sealed), `The credential of ${key}`);
    },
    remove: () => Promise.resolve(),
  };
}

async function unarmor(key: string, sealed: string): Promise<Uint8Array> {
  const { armor } = await import('age-encryption');
  try {
    return armor.decode(sealed);
  } catch (error) {
    throw new BeamError('decrypt_failed', `The credential of ${key} is not a whole age file`, { cause: error });
  }
}
