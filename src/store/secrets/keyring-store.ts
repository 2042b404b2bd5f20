/**
 * Secrets sealed like those of the age store, but each account's to an identity of its own that the OS keyring holds. So
 * a refresh only ever reads the keyring, and does so before the old session is given up.
 */
import { BeamError } from '../../errors.ts';
import { accountTitle } from '../../hints.ts';
import type { Secret } from '../../secret.ts';
import { accountOfKey } from '../account-key.ts';
import { keyringUser, type Homes } from '../paths.ts';
import { openWith, sealerTo, sealTo } from './age-armor.ts';
import { generateIdentity, parseIdentity } from './age-identity.ts';
import type { Keyring } from './keyring-child.ts';
import type { KeyringTrouble } from './keyring-protocol.ts';
import type { SecretRemoval, SecretStore } from './secret-store.ts';

const TROUBLE: Readonly<Record<KeyringTrouble, { readonly message: string; readonly remedy?: string }>> = {
  absent: { message: 'There is no OS keyring here', remedy: 'Try it in your desktop session' },
  locked: { message: 'The OS keyring is locked', remedy: 'Unlock it' },
  silent: { message: 'The OS keyring does not answer', remedy: 'Restart it' },
  broken: { message: 'The OS keyring cannot be used' },
};

/**
 * The error that a trouble is told as: always `storage`.
 *
 * @param instead - what can be done without the keyring; begins with a small letter
 */
export function keyringError(trouble: KeyringTrouble, instead = 'log in with --storage age'): BeamError {
  const { message, remedy } = TROUBLE[trouble];
  const text = remedy === undefined ? instead.charAt(0).toUpperCase() + instead.slice(1) : `${remedy}, or ${instead}`;
  return new BeamError('storage', message, { hint: { text } });
}

/** An identity that the OS keyring holds. */
export interface KeyringEntry {
  readonly user: string;
  /** Whose it is, for errors. */
  readonly title: () => string;
  /** As of `keyringError`. */
  readonly instead?: string;
}

/** What the keyring holds; undefined if that is nothing. Throws `storage` if it cannot be asked, `bad_key` for what is none. */
export async function readEntry(keyring: Keyring, { user, title, instead }: KeyringEntry): Promise<Secret | undefined> {
  const answer = await keyring({ op: 'get', user });
  if (answer.trouble !== undefined) throw keyringError(answer.trouble, instead);
  return answer.value === undefined ? undefined : parseIdentity(answer.value, `What the OS keyring holds for ${title()}`);
}

/** A new one, kept only once the keyring has given back what it was given. Throws `storage`. */
export async function createEntry(keyring: Keyring, entry: KeyringEntry): Promise<Secret> {
  const made = await generateIdentity();
  const answer = await keyring({ op: 'set', user: entry.user, value: made.reveal() });
  if (answer.trouble !== undefined) throw keyringError(answer.trouble, entry.instead);
  const kept = await readEntry(keyring, entry);
  if (kept?.equals(made) !== true) throw keyringError('broken', entry.instead);
  return kept;
}

/** Deletes what the keyring holds for a user. Never throws. */
export async function removeEntry(keyring: Keyring, user: string): Promise<SecretRemoval> {
  const answer = await keyring({ op: 'delete', user });
  if (answer.trouble !== undefined) return 'left';
  return answer.deleted === true ? 'deleted' : 'none';
}

/**
 * The store of one account under its lock. It asks for the identity once: whatever the keyring does after that, `seal`
 * and `open` go on working.
 */
export function createKeyringStore(homes: Homes, keyring: Keyring): SecretStore {
  let known: Secret | undefined;
  const entryOf = (key: string): KeyringEntry => ({
    user: keyringUser(homes, key),
    title: () => accountTitle(accountOfKey(key)),
  });
  const read = async (key: string): Promise<Secret | undefined> => (known ??= await readEntry(keyring, entryOf(key)));
  const ensure = async (key: string): Promise<Secret> => (await read(key)) ?? (known = await createEntry(keyring, entryOf(key)));
  return {
    sealer: async (key) => sealerTo(await ensure(key)),
    seal: async (key, plaintext) => sealTo(await ensure(key), plaintext),
    async open(key, sealed) {
      const identity = await read(key);
      if (identity !== undefined) return openWith([identity], key, sealed);
      const message = `The credential of ${accountTitle(accountOfKey(key))} is encrypted and its key is not in the OS keyring`;
      throw new BeamError('decrypt_failed', message, { hint: { text: 'Log in again' } });
    },
    async remove(key) {
      known = undefined;
      return removeEntry(keyring, keyringUser(homes, key));
    },
  };
}
