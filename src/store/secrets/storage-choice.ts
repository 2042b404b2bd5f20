/** Where the secret of a new login goes. */
import { randomUUID } from 'node:crypto';
import { BeamError, type Warn } from '../../errors.ts';
import { variable, type Env } from '../../environment.ts';
import type { StorageName, StorageWish } from './secret-store.ts';
import type { Keyring } from './keyring-child.ts';
import type { KeyringTrouble } from './keyring-protocol.ts';
import { keyringError } from './keyring-store.ts';

/** Which store a login uses. */
export interface StorageChoice {
  /**
   * Where a new login goes, given where an earlier one is kept. The keyring is tried out once. Throws `storage` if the
   * keyring was asked for by name and does not work, `bad_config` for a wrong BEAMD_STORAGE.
   */
  choose(earlier: StorageName | undefined): Promise<StorageName>;
  /** What to do instead when the keyring fails after it was chosen. Throws the error where it was asked for by name. */
  fallBack(error: unknown): StorageName;
}

export interface StorageChoiceDeps {
  readonly env: Env;
  readonly keyring: Keyring;
  readonly storage?: StorageWish;
  readonly insecureStorage?: boolean;
  readonly warn?: Warn;
}

/** Has the keyring keep something, give it back and forget it. Undefined: it does. */
export async function probeKeyring(keyring: Keyring): Promise<KeyringTrouble | undefined> {
  return (await keyring({ op: 'probe', user: `probe ${randomUUID()}` })).trouble;
}

/** The choice for all logins of this process: what was found out about the keyring holds for the next one, too. */
export function createStorageChoice(deps: StorageChoiceDeps): StorageChoice {
  let probing: Promise<KeyringTrouble | undefined> | undefined;
  let toldOnce = false;

  const useAge = (message: string): StorageName => {
    if (!toldOnce) deps.warn?.(`${message}; this login is kept encrypted to a key in a file instead`);
    toldOnce = true;
    return 'age';
  };

  async function chooseByItself(earlier: StorageName | undefined): Promise<StorageName> {
    // Who sets a key wants it used; who once chose files, or had to, keeps them.
    if (toldOnce || deps.env['BEAMD_ENCRYPTION_KEY'] || earlier === 'age') return 'age';
    const trouble = await (probing ??= probeKeyring(deps.keyring));
    if (trouble === undefined) return 'keyring';
    // Most servers have no keyring: nothing is wrong there.
    return trouble === 'absent' ? 'age' : useAge(keyringError(trouble).message);
  }

  return {
    async choose(earlier) {
      if (deps.insecureStorage === true) return 'plain';
      const wish = wishOf(deps);
      if (wish === 'age') return 'age';
      if (wish === 'auto') return chooseByItself(earlier);
      const trouble = await (probing ??= probeKeyring(deps.keyring));
      if (trouble !== undefined) throw keyringError(trouble);
      return 'keyring';
    },
    fallBack(error) {
      if (!(error instanceof BeamError) || wishOf(deps) !== 'auto') throw error;
      return useAge(error.message);
    },
  };
}

function wishOf({ storage, env }: StorageChoiceDeps): StorageWish {
  if (storage !== undefined) return storage;
  const text = variable(env, 'BEAMD_STORAGE');
  if (text === undefined) return 'auto';
  if (text === 'auto' || text === 'keyring' || text === 'age') return text;
  throw new BeamError('bad_config', 'BEAMD_STORAGE is not auto, keyring or age', { hint: { command: 'unset BEAMD_STORAGE' } });
}
