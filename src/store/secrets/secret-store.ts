/** Where the secret half of an account is kept. */

/** `age`: a key file. `keyring`: a key in the OS keyring. `plain`: not encrypted. */
export type StorageName = 'age' | 'keyring' | 'plain';

/** Where a user wants a new login kept. `auto`: the OS keyring if it works, else age. */
export type StorageWish = 'auto' | 'keyring' | 'age';

/** What became of what the OS keyring held. `none`: it held nothing. `left`: it could not be deleted. */
export type SecretRemoval = 'none' | 'deleted' | 'left';

/** Makes a text for the account file of a plaintext. */
export type Seal = (plaintext: string) => Promise<string>;

/** Seals the secret of an account into a text for its file, and opens it. */
export interface SecretStore {
  /**
   * Finds the key, or makes it, and does all that needs no plaintext: what comes back seals one text, once, without reading,
   * loading or asking anything. Throws as `seal`.
   */
  sealer(key: string): Promise<Seal>;
  /** What goes into the account file. `key` is the account's. Throws `bad_key`, `storage`, `storage_full`, `unsafe_path`. */
  seal(key: string, plaintext: string): Promise<string>;
  /** The plaintext. Throws `decrypt_failed`, `bad_key`, `unsafe_path`, and `storage` if the keyring cannot be asked. */
  open(key: string, sealed: string): Promise<string>;
  /** Deletes what the OS keyring holds for this account. Never throws. */
  remove(key: string): Promise<SecretRemoval>;
}
