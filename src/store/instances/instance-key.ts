/** The age key of a Harmony instance, shared with the gateway itself and with the Rust SDK. */
import type { Env } from '../../environment.ts';
import { Secret } from '../../secret.ts';
import { checkPrivateFolder, ensurePrivateFolder } from '../files/permissions.ts';
import { removeFile, writeFileAtomic } from '../files/atomic-file.ts';
import { sweepTemporary } from '../files/temporary.ts';
import { instanceFolder, instanceKeyFile, type Homes, type StoreDeps } from '../paths.ts';
import { generateIdentity, parseIdentity, recipientOf } from '../secrets/age-identity.ts';
import { createKeyFile, readKeyFile } from '../secrets/key-file.ts';

export interface InstanceKey {
  /** The `AGE-SECRET-KEY-1…` line. */
  readonly identity: Secret;
  /** Base64 of that line: what the file holds and what a gateway is sent. */
  readonly base64: Secret;
  /** The public half, `age1…`. */
  readonly recipient: string;
  readonly source: 'env' | 'file';
}

const ENV_NAME = 'RUNBEAM_ENCRYPTION_KEY';

function toBase64(identity: Secret): string {
  return Buffer.from(identity.reveal(), 'utf8').toString('base64');
}

async function keyOf(identity: Secret, source: InstanceKey['source']): Promise<InstanceKey> {
  const recipient = await recipientOf(identity);
  return { identity, base64: new Secret(toBase64(identity)), recipient, source };
}

/**
 * The key of an instance if it has one: RUNBEAM_ENCRYPTION_KEY, else its key file. Throws `bad_key`, and `unsafe_path`
 * if others may read the file or own it.
 */
export async function findInstanceKey(homes: Homes, id: string, env: Env): Promise<InstanceKey | undefined> {
  const text = env[ENV_NAME];
  if (text !== undefined && text !== '') return keyOf(parseIdentity(text, ENV_NAME), 'env');
  if (checkPrivateFolder(homes.runbeam) === 'absent') return undefined;
  if (checkPrivateFolder(instanceFolder(homes, id)) === 'absent') return undefined;
  const stored = readKeyFile(instanceKeyFile(homes, id));
  return stored === undefined ? undefined : keyOf(stored, 'file');
}

/** As `findInstanceKey`, and makes a key where there is none. Throws `storage`, `storage_full`, too. */
export async function instanceKey(deps: StoreDeps, id: string, env: Env): Promise<InstanceKey> {
  const found = await findInstanceKey(deps.homes, id, env);
  if (found !== undefined) return found;
  ensureInstanceFolder(deps, id);
  const identity = await generateIdentity();
  return keyOf(createKeyFile(instanceKeyFile(deps.homes, id), identity, `${toBase64(identity)}\n`), 'file');
}

/**
 * Gives an instance the key in `text`, in any of the documented shapes. Throws `bad_key`, `unsafe_path`, `storage`,
 * `storage_full`.
 */
export async function setInstanceKey(deps: StoreDeps, id: string, text: string): Promise<InstanceKey> {
  const key = await keyOf(parseIdentity(text), 'file');
  ensureInstanceFolder(deps, id);
  writeFileAtomic(instanceKeyFile(deps.homes, id), `${key.base64.reveal()}\n`);
  return key;
}

/** Whether there was a key file. Throws `unsafe_path`, `storage`. */
export function deleteInstanceKey(homes: Homes, id: string): boolean {
  if (checkPrivateFolder(homes.runbeam) === 'absent') return false;
  if (checkPrivateFolder(instanceFolder(homes, id)) === 'absent') return false;
  return removeFile(instanceKeyFile(homes, id));
}

/** Makes the folder of an instance. Throws `unsafe_path`, `storage`, `storage_full`. */
export function ensureInstanceFolder({ homes, clock }: StoreDeps, id: string): void {
  for (const folder of [homes.runbeam, instanceFolder(homes, id)]) {
    ensurePrivateFolder(folder);
    sweepTemporary(folder, clock.now());
  }
}
