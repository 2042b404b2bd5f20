/**
 * Secrets sealed like those of the age store, but each account's to an identity of its own that the OS keyring holds. So
 * a refresh only ever reads the keyring, and does so before the old session is given up.
 */
import { BeamError, type Hint } from '../../errors.ts';
import { accountTitle } from '../../hints.ts';
import type { Secret } from '../../secret.ts';
import { accountOfKey } from '../account-key.ts';
import { keyringUser, type Homes } from '../paths.ts';
import { openWith, sealerTo, sealTo } from './age-armor.ts';
import { generateIdentity, parseIdentity } from './age-identity.ts';
import type { Keyring } from './keyring-child.ts';
import type { KeyringTrouble } from './keyring-protocol.ts';
import type { SecretStore } from './secret-store.ts';

const TROUBLE: Readonly<Record<KeyringTrouble, { readonly message: string; readonly hint: Hint }>> = {
  absent: {
    message: 'There is no OS keyring here',
    hint: { text: 'Try it in your desktop session, or log in with --storage age' },
  },
  locked: { message: 'The OS keyring is locked', hint: { text: 'Unlock it, or log in with --storage age' } },
  silent: { message: 'The OS keyring does not answer', hint: { text: 'Restart it, or log in with --storage age' } },
  broken: { message: 'The OS keyring cannot be used', hint: { text: 'Log in with --storage age' } },
};

/** The error that a trouble is told as: always `storage`. */
export function keyringError(trouble: KeyringTrouble): BeamError {
  const { message, hint } = TROUBLE[trouble];
  return new BeamError('storage', message, { hint });
}

/**
 * The store of one account under its lock. It asks for the identity once: whatever the keyring does after that, `seal`
 * and `open` go on working.
 */
export function createKeyringStore(homes: Homes, keyring: Keyring): SecretStore {
  let known: Secret | undefined;

  async function read(key: string): Promise<Secret | undefined> {
    if (known !== undefined) return known;
    const answer = await keyring({ op: 'get', user: keyringUser(homes, key) });
    if (answer.trouble !== undefined) throw keyringError(answer.trouble);
    if (answer.value === undefined) return undefined;
    known = parseIdentity(answer.value, `What the OS keyring holds for ${accountTitle(accountOfKey(key))}`);
    return known;
  }

  /** Kept only once the keyring has given back what it was given. */
  async function create(key: string): Promise<Secret> {
    const made = await generateIdentity();
    const answer = await keyring({ op: 'set', user: keyringUser(homes, key), value: made.reveal() });
    if (answer.trouble !== undefined) throw keyringError(answer.trouble);
    const kept = await read(key);
    if (kept?.equals(made) !== true) throw keyringError('broken');
    return kept;
  }

  return {
    sealer: async (key) => sealerTo((await read(key)) ?? (await create(key))),
    seal: async (key, plaintext) => sealTo((await read(key)) ?? (await create(key)), plaintext),
    async open(key, sealed) {
      const identity = await read(key);
      if (identity !== undefined) return openWith([identity], key, sealed);
      const message = `The credential of ${accountTitle(accountOfKey(key))} is encrypted and its key is not in the OS keyring`;
      throw new BeamError('decrypt_failed', message, { hint: { text: 'Log in again' } });
    },
    async remove(key) {
      known = undefined;
      const answer = await keyring({ op: 'delete', user: keyringUser(homes, key) });
      if (answer.trouble !== undefined) return 'left';
      return answer.deleted === true ? 'deleted' : 'none';
    },
  };
}
