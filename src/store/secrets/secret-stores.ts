/** The three stores, and which one is whose. */
import { BeamError, type Warn } from '../../errors.ts';
import type { Clock } from '../../clock.ts';
import type { Env } from '../../environment.ts';
import { encryptionKeyFile, type Homes } from '../paths.ts';
import { openWith, sealerTo, sealTo } from './age-armor.ts';
import { ensureStoreKey, knownStoreKeys } from './key-file.ts';
import { createKeyring, type KeyringDeps } from './keyring-child.ts';
import { createKeyringStore } from './keyring-store.ts';
import type { SecretStore, StorageName, StorageWish } from './secret-store.ts';
import { createStorageChoice, type StorageChoice } from './storage-choice.ts';

export interface SecretStoresOptions {
  readonly homes: Homes;
  readonly clock: Clock;
  readonly env: Env;
  /** Where new logins keep their secrets; default BEAMD_STORAGE, else `auto`. Other accounts stay where they are. */
  readonly storage?: StorageWish;
  /** New logins keep their secrets in plain text. */
  readonly insecureStorage?: boolean;
  /** How the OS keyring is asked. */
  readonly keyring?: Omit<KeyringDeps, 'env' | 'clock'>;
  /** One line for the user: a mode that was repaired, a token that is now encrypted. */
  readonly warn?: Warn;
}

/** The choice of a store, and the stores. */
export interface SecretStores {
  readonly choice: StorageChoice;
  /** For one account under one lock: what the keyring told must not be remembered beyond it. */
  forOneLock(): (storage: StorageName) => SecretStore;
}

/** Starts nothing and reads nothing until a store or the choice is asked. */
export function createSecretStores(options: SecretStoresOptions): SecretStores {
  const { homes, env, clock, keyring: own = {} } = options;
  const keyring = createKeyring({ env, clock, ...own });
  return {
    choice: createStorageChoice({ ...options, keyring }),
    forOneLock: () => {
      const fromKeyring = createKeyringStore(homes, keyring);
      return (storage) => {
        if (storage === 'plain') return plainStore;
        return storage === 'age' ? createAgeStore(homes, env) : fromKeyring;
      };
    },
  };
}

/** Secrets sealed to the store key. */
export function createAgeStore(homes: Homes, env: Env): SecretStore {
  return {
    sealer: async () => sealerTo(await ensureStoreKey(homes, env)),
    seal: async (_key, plaintext) => sealTo(await ensureStoreKey(homes, env), plaintext),
    async open(key, sealed) {
      const identities = knownStoreKeys(homes, env);
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

/** Secrets as they are, guarded by the file's mode alone. Only what the user asked for with `--insecure-storage`. */
const plainStore: SecretStore = {
  sealer: () => Promise.resolve((plaintext) => Promise.resolve(plaintext)),
  seal: (_key, plaintext) => Promise.resolve(plaintext),
  open: (_key, sealed) => Promise.resolve(sealed),
  remove: () => Promise.resolve('none'),
};
