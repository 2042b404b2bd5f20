/** The accounts of this user: what the store does, and the store itself, whose parts are loaded when first asked for. */
import type { Secret } from '../../secret.ts';
import type { Reservation } from '../files/reservation.ts';
import type { Removal, StorageName } from '../secrets/secret-store.ts';
import type { SecretStoresOptions } from '../secrets/secret-stores.ts';
import type { Account, Credential } from './account.ts';

export interface AccountProblem {
  readonly path: string;
  readonly message: string;
}

/** What was there to be removed. */
export interface Removed {
  readonly account: boolean;
  /** The account's entry in the OS keyring. */
  readonly keyring: Removal;
}

/** `credential` is absent for a session that has ended. */
export interface StoredSession {
  readonly account: Account;
  readonly credential: Credential | undefined;
}

export interface AccountStore {
  /** Every account that can be read, and what is wrong with the others. */
  list(): Promise<{ accounts: Account[]; problems: AccountProblem[] }>;
  /** Undefined if there is none. Throws `bad_file`, `unsafe_path`. */
  read(key: string): Promise<Account | undefined>;
  /** The stored credential, read anew. Undefined if there is none or the session has ended. Throws `decrypt_failed`. */
  credential(account: Pick<Account, 'key'>): Promise<Credential | undefined>;
  /** The account and its credential, of one reading. Undefined if there is no account. Throws as `read` and `credential`. */
  session(key: string): Promise<StoredSession | undefined>;
  /**
   * Chooses where a login to this server will be kept and proves that it can be, before the user is asked for anything.
   * Throws as `LockedAccount.reserve`.
   */
  prepare(key: string): Promise<StorageName>;
  /** Writes what a login gave, in place of what was there; `storage` is chosen here. Returns the account as stored. */
  save(account: Account, credential: Credential): Promise<Account>;
  /** Changes an account and keeps its credential. Throws `login_required` if there is none. */
  update(key: string, change: (account: Account) => Account): Promise<Account>;
  /** Runs `work` as the only writer of this account. Not reentrant: inside, use the locked account alone. */
  withLock<T>(key: string, work: (locked: LockedAccount) => Promise<T>, options?: { timeout?: number }): Promise<T>;
}

/** An account under its lock. What it reads is on disk now and stays so until it writes. */
export interface LockedAccount {
  read(): Promise<Account | undefined>;
  credential(): Promise<Credential | undefined>;
  /**
   * Makes sure that a credential can be sealed and stored, before the old one is given up: from here on `write` needs
   * neither the keyring nor more space. Throws `storage_full`, `storage`, `bad_key`. Pass it to `write`; what is not
   * used is given back with the lock.
   */
  reserve(): Promise<Reservation>;
  /** Stores both. A plain-text account of another tool is encrypted with this. */
  write(account: Account, credential: Credential, reservation?: Reservation): Promise<Account>;
  /** Seals the credential with a passphrase: nothing reads it until `unlock`. Throws `locked` if it is, `login_required`. */
  lock(passphrase: Secret): Promise<void>;
  /** False if it was not locked. Throws `wrong_passphrase`, and `locked` while earlier wrong ones have to be waited for. */
  unlock(passphrase: Secret): Promise<boolean>;
  /** Drops the credential of a session that the server rejected and keeps account and orgs. `endedAt`: unix seconds. */
  end(endedAt: number): Promise<void>;
  remove(): Promise<Removed>;
}

export type AccountStoreOptions = SecretStoresOptions;

/** The store of `~/.beamd/accounts`. Makes nothing until something is saved. */
export function createAccountStore(options: AccountStoreOptions): AccountStore {
  type Loaded = Omit<AccountStore, 'list' | 'read' | 'session'>;
  let loading: Promise<Loaded> | undefined;
  const store = (): Promise<Loaded> => {
    loading ??= import('./account-writer.ts').then((module) => module.openAccountStore(options));
    return loading;
  };
  return {
    list: async () => (await import('./account-reader.ts')).listAccounts(options),
    read: async (key) => (await import('./account-reader.ts')).readAccount(options, key),
    session: async (key) => (await import('./account-session.ts')).readSession(options, key),
    credential: async (account) => (await store()).credential(account),
    prepare: async (key) => (await store()).prepare(key),
    save: async (account, credential) => (await store()).save(account, credential),
    update: async (key, change) => (await store()).update(key, change),
    withLock: async (key, work, lockOptions) => (await store()).withLock(key, work, lockOptions),
  };
}
