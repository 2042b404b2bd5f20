/** The three stores, and which one is whose. */
import type { Clock } from '../../clock.ts';
import type { Env } from '../../environment.ts';
import type { Homes } from '../paths.ts';
import type { StorageName, StorageWish, SecretStore } from './secret-store.ts';
import { createAgeStore } from './age-store.ts';
import { createStorageChoice, type StorageChoice } from './storage-choice.ts';
import { createKeyring } from './keyring-child.ts';
import { createKeyringStore } from './keyring.ts';

export interface SecretStoresOptions {
  readonly homes: Homes;
  readonly clock: Clock;
  readonly env: Env;
  /** Where new logins keep their secrets; default BEAMD_STORAGE, else `auto`. Other accounts stay where they are. */
  readonly storage?: StorageWish;
  /** New logins keep their secrets in plain text. */
  readonly insecureStorage?: boolean;
  /** The program that asks the OS keyring, and how long it may take, milliseconds. */
  readonly keyring?: { readonly program?: string; readonly deadline?: number };
  /** One line for the user: a mode that was repaired, a token that is now encrypted. */
  readonly notify?: (line: string) => void;
}

export interface SecretStores {
  readonly choice: StorageChoice;
  /** For one account under one lock: what the keyring told must not be remembered beyond it. */
  forOneLock(): (storage: StorageName) => SecretStore;
}

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

/** Secrets as they are, guarded by the file's mode alone. Only what the user asked for with `--insecure-storage`. */

export const plainStore: SecretStore = {
  seal: (_key, plaintext) => Promise.resolve(plaintext),
  open: (_key, sealed) => Promise.resolve(sealed),
  remove: () => Promise.resolve('none'),
};
