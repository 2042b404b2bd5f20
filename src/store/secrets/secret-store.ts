/** Where the secret half of an account is kept. */

export interface SecretStore {
  readonly name: 'age' | 'plain';
  /**
   * What goes into the account file; undefined if the secret is kept elsewhere.
   * Throws `bad_key`, `storage`, `storage_full`, `unsafe_path`.
   */
  seal(key: string, plaintext: string): Promise<string | undefined>;
  /** The plaintext. Throws `decrypt_failed`. */
  open(key: string, sealed: string): Promise<string>;
  /** Forgets what is kept elsewhere for this account. */
  remove(key: string): Promise<void>;
}
