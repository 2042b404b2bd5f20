/** Where encryption keys come from: the environment, else a private file, else a new private file. */
import { BeamError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import { ensurePrivateFolder, requirePrivateFile } from '../files/permissions.ts';
import { linkNewFileBeside, readSmallFile } from '../files/atomic-file.ts';
import { encryptionKeyFile, type Homes } from '../paths.ts';
import { variable, type Env } from '../../environment.ts';
import { generateIdentity, parseIdentity, recipientOf } from './age-identity.ts';

const MAX_KEY_FILE = 4_096;

/**
 * Reads a key file, or undefined if there is none. Throws `unsafe_path` if others may read it or own it, and
 * `bad_key`.
 */
export function readKeyFile(path: string): Secret | undefined {
  requirePrivateFile(path);
  const text = readSmallFile(path, MAX_KEY_FILE);
  return text === undefined ? undefined : parseIdentity(text, path);
}

/**
 * Writes a key file that is not there yet, and returns the key that is in it afterwards: of several processes that do
 * this at once, one key wins and all of them use it. Throws `storage`, `storage_full`, `unsafe_path`,
 * `bad_key`, and `busy` if the winner's is gone again.
 */
export async function createKeyFile(path: string, identity: Secret, text: string): Promise<Secret> {
  if (await linkNewFileBeside(path, text)) return identity;
  const winner = readKeyFile(path);
  if (winner === undefined) throw new BeamError('busy', `${path} was removed while it was made`);
  return winner;
}

function keyFromEnv(env: Env): Secret | undefined {
  const text = variable(env, 'BEAMD_ENCRYPTION_KEY');
  return text === undefined ? undefined : parseIdentity(text, 'BEAMD_ENCRYPTION_KEY');
}

/**
 * The key that new secrets are sealed with: BEAMD_ENCRYPTION_KEY, else `~/.beamd/encryption.key`, which is made when
 * it is absent. Throws `bad_key`, `unsafe_path`, `storage`, `storage_full`.
 */
export async function ensureStoreKey(homes: Homes, env: Env): Promise<Secret> {
  const path = encryptionKeyFile(homes);
  const present = keyFromEnv(env) ?? readKeyFile(path);
  if (present !== undefined) return present;
  ensurePrivateFolder(homes.beamd);
  const identity = await generateIdentity();
  const recipient = await recipientOf(identity);
  // The form of age-keygen, so that `age --decrypt -i` takes the file as it is.
  return createKeyFile(path, identity, `# public key: ${recipient}\n${identity.reveal()}\n`);
}

/** Every key that a stored secret may be sealed with; makes none. Throws `bad_key`, `unsafe_path`. */
export function knownStoreKeys(homes: Homes, env: Env): Secret[] {
  return [keyFromEnv(env), readKeyFile(encryptionKeyFile(homes))].filter((key) => key !== undefined);
}
