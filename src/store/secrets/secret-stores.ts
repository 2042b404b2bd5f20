/** The three stores, and which one is whose. */
import type { AccountStoreOptions } from '../accounts/account-store.ts';
import type { StorageName, SecretStore } from './secret-store.ts';
import { createAgeStore } from './age-store.ts';
import { createStorageChoice, type StorageChoice } from './storage-choice.ts';
import { createKeyring } from './keyring-child.ts';
import { createKeyringStore } from './keyring.ts';

export interface SecretStores {
  readonly choice: StorageChoice;
  /** For one account under one lock: what the keyring told must not be remembered beyond it. */
  forOneLock(): (storage: StorageName) => SecretStore;
}

export function createSecretStores(options: AccountStoreOptions): SecretStores {
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

/** Secrets as they are, guarded by the file's mode alone. Only what the user asked for with `--insecure-storage`. */

export const plainStore: SecretStore = {
  name: 'plain',
  seal: (_key, plaintext) => Promise.resolve(plaintext),
  open: (_key, sealed) => Promise.resolve(sealed),
  remove: () => Promise.resolve('none'),
};
