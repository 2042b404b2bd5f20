/** The age key of a Harmony instance, shared with the gateway itself and with the Rust SDK. */
import type { Env } from '../../environment.ts';
import { Secret } from '../../secret.ts';
import { checkPrivateFolder, ensurePrivateFolder } from '../files/permissions.ts';
import { readSmallFile, removeFile, writeFileAtomic } from '../files/atomic-file.ts';
import { sweepTemporary } from '../files/temporary.ts';
import { configuredKeyFile, instanceFolder, instanceKeyFile, type Homes, type StoreDeps } from '../paths.ts';
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
  /**
   * Somebody gave the instance this key (the environment, `setInstanceKey`), so the gateway's operator has it. A key that was
   * made here, or that another program left, is none: a gateway that was sent it could not read its token after a restart.
   */
  readonly configured: boolean;
}

const ENV_NAME = 'RUNBEAM_ENCRYPTION_KEY';

function toBase64(identity: Secret): string {
  return Buffer.from(identity.reveal(), 'utf8').toString('base64');
}

type Origin = Pick<InstanceKey, 'source'> & { readonly isConfigured: (recipient: string) => boolean };

async function keyOf(identity: Secret, { source, isConfigured }: Origin): Promise<InstanceKey> {
  const recipient = await recipientOf(identity);
  return { identity, base64: new Secret(toBase64(identity)), recipient, source, configured: isConfigured(recipient) };
}

const GIVEN: Origin = { source: 'file', isConfigured: () => true };
const MADE: Origin = { source: 'file', isConfigured: () => false };

/** What the marker beside the key says. The key file is shared: the marker counts for the very key that it names. */
const markerOf = (recipient: string): string => `${JSON.stringify({ recipient })}\n`;

const BARE_KEY = /^AGE-SECRET-KEY-1[0-9A-Z]+$/iu;

/**
 * Whether a gateway with SDK 0.11 reads a key in this form: the bare line, or base64 of it without a line break. The other
 * documented forms are read here alone.
 */
export function isSdkForm(text: string): boolean {
  const key = text.trim();
  if (/\s/u.test(key)) return false;
  return BARE_KEY.test(key) || BARE_KEY.test(Buffer.from(key, 'base64').toString('utf8'));
}

/**
 * The key of an instance if it has one: RUNBEAM_ENCRYPTION_KEY, else its key file. Throws `bad_key`, and `unsafe_path`
 * if others may read the file or own it.
 */
export async function findInstanceKey(homes: Homes, id: string, env: Env): Promise<InstanceKey | undefined> {
  const text = env[ENV_NAME];
  if (text !== undefined && text !== '') {
    return keyOf(parseIdentity(text, ENV_NAME), { source: 'env', isConfigured: () => true });
  }
  if (checkPrivateFolder(homes.runbeam) === 'absent') return undefined;
  if (checkPrivateFolder(instanceFolder(homes, id)) === 'absent') return undefined;
  const stored = readKeyFile(instanceKeyFile(homes, id));
  if (stored === undefined) return undefined;
  const marker = readSmallFile(configuredKeyFile(homes, id));
  return keyOf(stored, { source: 'file', isConfigured: (recipient) => marker === markerOf(recipient) });
}

/** As `findInstanceKey`, and makes a key where there is none. Throws `storage`, `storage_full`, too. */
export async function instanceKey(deps: StoreDeps, id: string, env: Env): Promise<InstanceKey> {
  const found = await findInstanceKey(deps.homes, id, env);
  if (found !== undefined) return found;
  ensureInstanceFolder(deps, id);
  const identity = await generateIdentity();
  return keyOf(createKeyFile(instanceKeyFile(deps.homes, id), identity, `${toBase64(identity)}\n`), MADE);
}

/**
 * Gives an instance the key in `text`, in any of the documented shapes. Throws `bad_key`, `unsafe_path`, `storage`,
 * `storage_full`.
 */
export async function setInstanceKey(deps: StoreDeps, id: string, text: string): Promise<InstanceKey> {
  const key = await keyOf(parseIdentity(text), GIVEN);
  ensureInstanceFolder(deps, id);
  writeInstanceKey(deps.homes, id, key);
  return key;
}

/** Writes a key into its file, which is there or not. Throws `storage`, `storage_full`. */
export function writeInstanceKey(
  homes: Homes,
  id: string,
  { identity, recipient, configured }: Pick<InstanceKey, 'identity' | 'recipient' | 'configured'>,
): void {
  // The marker first: beside the key that was there before it counts for nothing.
  if (configured) writeFileAtomic(configuredKeyFile(homes, id), markerOf(recipient));
  writeFileAtomic(instanceKeyFile(homes, id), `${toBase64(identity)}\n`);
}

/** Whether there was a key file. Throws `unsafe_path`, `storage`. */
export function deleteInstanceKey(homes: Homes, id: string): boolean {
  if (checkPrivateFolder(homes.runbeam) === 'absent') return false;
  if (checkPrivateFolder(instanceFolder(homes, id)) === 'absent') return false;
  const removed = removeFile(instanceKeyFile(homes, id));
  removeFile(configuredKeyFile(homes, id));
  return removed;
}

/** Makes the folder of an instance. Throws `unsafe_path`, `storage`, `storage_full`. */
export function ensureInstanceFolder({ homes, clock }: StoreDeps, id: string): void {
  for (const folder of [homes.runbeam, instanceFolder(homes, id)]) {
    ensurePrivateFolder(folder);
    sweepTemporary(folder, clock.now());
  }
}
