/**
 * The way in to the accounts. Most commands only look (`account-reader.ts`); what opens secrets and what writes
 * (`account-writer.ts`, and `account-file.ts` under the lock) is loaded when it is first asked for.
 */
import type { SecretStores, SecretStoresOptions } from '../secrets/secret-stores.ts';
import type { AccountStore, StoredSession } from './account.ts';
import { accountKeys, listAccounts, readAccount, readIfSound, readSession, type ReadOptions } from './account-reader.ts';
import type { AccountWriter } from './account-writer.ts';

/** The store of `~/.beamd/accounts`. Makes nothing until something is saved. */
export function createAccountStore(options: SecretStoresOptions & Pick<ReadOptions, 'untouched'>): AccountStore {
  // One of each: a keyring that was silent once is not asked again.
  let stores: Promise<SecretStores> | undefined;
  let writing: Promise<AccountWriter> | undefined;
  const secrets = (): Promise<SecretStores> =>
    (stores ??= import('../secrets/secret-stores.ts').then((module) => module.createSecretStores(options)));
  const writer = (): Promise<AccountWriter> =>
    (writing ??= import('./account-writer.ts').then(async (module) => module.createAccountWriter(options, await secrets())));
  const session = async (key: string): Promise<StoredSession | undefined> => readSession(options, key, await secrets());
  return {
    list: () => listAccounts(options),
    keys: () => accountKeys(options.homes),
    read: (key) => readAccount(options, key),
    readIfSound: async (key) => (await readIfSound(options, key))?.account,
    session,
    credential: async ({ key }) => (await session(key))?.credential,
    prepare: async (key) => (await writer()).prepare(key),
    save: async (...login) => (await writer()).save(...login),
    update: async (key, change) => (await writer()).update(key, change),
    withLock: async (key, work, lockOptions) => (await writer()).withLock(key, work, lockOptions),
  };
}
