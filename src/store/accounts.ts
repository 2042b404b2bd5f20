/** The accounts of this user. On the hot path: only `keys` is here, the rest is loaded when it is first asked for. */
import type { AccountStore, AccountStoreOptions } from './account-contract.ts';
import { accountFileNames } from './account-names.ts';
import { isAccountKey } from './paths.ts';

export type { AccountStore, AccountStoreOptions, LockedAccount } from './account-contract.ts';

/** The store of `~/.beamd/accounts`. Makes nothing until something is saved. */
export function createAccountStore(options: AccountStoreOptions): AccountStore {
  type Loaded = Omit<AccountStore, 'keys' | 'list' | 'read' | 'session'>;
  let loading: Promise<Loaded> | undefined;
  const store = (): Promise<Loaded> => {
    loading ??= import('./account-store.ts').then((module) => module.openAccountStore(options));
    return loading;
  };
  return {
    keys: () => accountFileNames(options.homes).filter(isAccountKey),
    list: async () => (await import('./account-reader.ts')).listAccounts(options),
    read: async (key) => (await import('./account-reader.ts')).readAccount(options, key),
    session: async (key) => (await import('./account-credential.ts')).readSession(options, key),
    credential: async (account) => (await store()).credential(account),
    prepare: async (key) => (await store()).prepare(key),
    save: async (account, credential) => (await store()).save(account, credential),
    update: async (key, change) => (await store()).update(key, change),
    end: async (key, endedAt) => (await store()).end(key, endedAt),
    remove: async (key) => (await store()).remove(key),
    withLock: async (key, work, lockOptions) => (await store()).withLock(key, work, lockOptions),
  };
}
