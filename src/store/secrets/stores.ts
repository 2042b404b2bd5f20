/** The three stores, and which one is whose. */
import type { AccountStoreOptions } from '../account-contract.ts';
import type { StorageName } from '../types.ts';
import { createAgeStore } from './age.ts';
import { createStorageChoice, type StorageChoice } from './choose.ts';
import { createKeyring } from './keyring-child.ts';
import { createKeyringStore } from './keyring.ts';
import { plainStore } from './plain.ts';
import type { SecretStore } from './secret-store.ts';

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
