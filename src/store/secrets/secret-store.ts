/** Where the secret half of an account is kept. */

export type StorageName = 'age' | 'keyring' | 'plain';

/** Where a user wants a new login kept. `auto`: the OS keyring if it works, else age. */
export type StorageWish = 'auto' | 'keyring' | 'age';

/** What became of what is kept elsewhere. `none`: there was nothing. `left`: it could not be deleted. */
export type Removal = 'none' | 'deleted' | 'left';

export interface SecretStore {
  /**
   * What goes into the account file; undefined if the secret is kept elsewhere.
   * Throws `bad_key`, `storage`, `storage_full`, `unsafe_path`.
   */
  seal(key: string, plaintext: string): Promise<string | undefined>;
  /** The plaintext. Throws `decrypt_failed`, and `storage` if what it is kept in cannot be reached. */
  open(key: string, sealed: string): Promise<string>;
  /** Forgets what is kept elsewhere for this account. */
  remove(key: string): Promise<Removal>;
}
