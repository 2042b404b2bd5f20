/**
 * An instance's key in a file that is sealed to an identity of its own, which the OS keyring holds. So it is replaced, kept and
 * put back in one step like one that is not sealed, and the keyring is only asked for what it has had all along.
 */
import type { Env } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import { readSmallBytes, removeFile } from '../files/atomic-file.ts';
import { requirePrivateFile } from '../files/permissions.ts';
import { instanceKeyringUser, previousSealedKeyFile, sealedKeyFile, type Homes, type StoreDeps } from '../paths.ts';
import { decrypt, encrypt, parseIdentity } from '../secrets/age-identity.ts';
import type { Keyring } from '../secrets/keyring-child.ts';
import type { KeyringEntry } from '../secrets/keyring-store.ts';

export interface KeyDeps extends StoreDeps {
  /** Default: one that is asked once, and waited for 3 s. */
  readonly osKeyring?: Keyring;
}

function entryOf(homes: Homes, id: string): KeyringEntry {
  return {
    user: instanceKeyringUser(homes, id),
    title: () => `the gateway ${id}`,
    instead: `keep the key in a file: runbeam harmony:set-key --id ${id} --key-file FILE`,
  };
}

async function keyringOf({ clock, osKeyring }: KeyDeps, env: Env): Promise<Keyring> {
  return osKeyring ?? (await import('../secrets/keyring-child.ts')).createKeyring({ env, clock });
}

/**
 * The key, and the one before it while it is exchanged; undefined where none is sealed. Throws `storage` if the keyring cannot be
 * asked, `decrypt_failed` if it does not hold what the key is sealed to, `bad_key`, `unsafe_path`.
 */
export async function openSealedKey(deps: KeyDeps, id: string, env: Env): Promise<readonly [Secret, ...Secret[]] | undefined> {
  const { homes } = deps;
  const sealed = readSealed(sealedKeyFile(homes, id));
  if (sealed === undefined) return undefined;
  const { readEntry } = await import('../secrets/keyring-store.ts');
  const identity = await readEntry(await keyringOf(deps, env), entryOf(homes, id));
  if (identity === undefined) {
    throw new BeamError('decrypt_failed', `The key of the gateway ${id} is sealed to the OS keyring, which does not know it`, {
      hint: { command: `runbeam harmony:set-key --id ${id} --key-file FILE` },
    });
  }
  const open = async (bytes: Buffer, path: string): Promise<Secret> =>
    parseIdentity(await decrypt([identity], bytes, path), path);
  const path = previousSealedKeyFile(homes, id);
  const before = readSealed(path);
  const key = await open(sealed, sealedKeyFile(homes, id));
  return before === undefined ? [key] : [key, await open(before, path)];
}

function readSealed(path: string): Buffer | undefined {
  requirePrivateFile(path);
  return readSmallBytes(path);
}

/** What goes into the file. Throws `storage` if the keyring cannot be asked, or does not keep what it was given. */
export async function sealKey(deps: KeyDeps, id: string, env: Env, text: string): Promise<Buffer> {
  const { createEntry, readEntry } = await import('../secrets/keyring-store.ts');
  const [keyring, entry] = [await keyringOf(deps, env), entryOf(deps.homes, id)];
  return Buffer.from(await encrypt((await readEntry(keyring, entry)) ?? (await createEntry(keyring, entry)), text));
}

/**
 * Forgets the sealed key and what the keyring holds for it, which opens nothing then, and so may stay where the keyring cannot be
 * asked. Whether there was one. Throws `storage`.
 */
export async function forgetSealedKey(deps: KeyDeps, id: string, env: Env): Promise<boolean> {
  const { homes } = deps;
  const removed = [sealedKeyFile, previousSealedKeyFile].map((file) => removeFile(file(homes, id))).includes(true);
  if (removed) {
    const { removeEntry } = await import('../secrets/keyring-store.ts');
    await removeEntry(await keyringOf(deps, env), instanceKeyringUser(homes, id));
  }
  return removed;
}
