/** The age key of a Harmony instance, shared with the gateway itself and with the Rust SDK. */
import { existsSync } from 'node:fs';
import type { Env } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import { checkPrivateFolder, ensurePrivateFolder } from '../files/permissions.ts';
import { readSmallFile, removeFile, writeFileAtomic } from '../files/atomic-file.ts';
import { sweepTemporary } from '../files/temporary.ts';
import {
  configuredKeyFile,
  instanceFolder,
  instanceKeyFile,
  previousKeyFile,
  rotationFile,
  sealedKeyFile,
  type Homes,
  type StoreDeps,
} from '../paths.ts';
import { generateIdentity, parseIdentity, recipientOf } from '../secrets/age-identity.ts';
import { createKeyFile, readKeyFile } from '../secrets/key-file.ts';
import type { KeyDeps } from './sealed-key.ts';

export interface InstanceKey {
  /** The `AGE-SECRET-KEY-1…` line. */
  readonly identity: Secret;
  /** Base64 of that line: what the file holds and what a gateway is sent. */
  readonly base64: Secret;
  /** The public half, `age1…`. */
  readonly recipient: string;
  /** `keyring`: a file that is sealed to the OS keyring. */
  readonly source: 'env' | 'file' | 'keyring';
  /** What else a stored token may be sealed to: the key before, while it is exchanged; one that another program put there. */
  readonly others: readonly Secret[];
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

interface Origin extends Pick<InstanceKey, 'source'> {
  readonly others?: readonly Secret[];
  readonly isConfigured: (recipient: string) => boolean;
}

async function keyOf(identity: Secret, { source, others = [], isConfigured }: Origin): Promise<InstanceKey> {
  const recipient = await recipientOf(identity);
  return { identity, base64: new Secret(toBase64(identity)), recipient, source, others, configured: isConfigured(recipient) };
}

const isGiven = (): boolean => true;
const isMade = (): boolean => false;

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
 * The key of an instance if it has one: RUNBEAM_ENCRYPTION_KEY, else the one that is sealed to the OS keyring, else its key
 * file. Throws `bad_key`, `unsafe_path` if others may read the file or own it, and as `openSealedKey`.
 */
export async function findInstanceKey(deps: KeyDeps, id: string, env: Env): Promise<InstanceKey | undefined> {
  const text = env[ENV_NAME];
  if (text !== undefined && text !== '') {
    return keyOf(parseIdentity(text, ENV_NAME), { source: 'env', isConfigured: isGiven });
  }
  const { homes } = deps;
  if (checkPrivateFolder(homes.runbeam) === 'absent') return undefined;
  if (checkPrivateFolder(instanceFolder(homes, id)) === 'absent') return undefined;
  const stored = await storedKey(deps, id, env);
  if (stored === undefined) return undefined;
  const [[identity, ...others], source] = stored;
  const marker = readSmallFile(configuredKeyFile(homes, id));
  return keyOf(identity, { source, others, isConfigured: (recipient) => marker === markerOf(recipient) });
}

type Stored = readonly [keys: readonly [Secret, ...Secret[]], source: 'file' | 'keyring'];

/** The key in force comes first. */
async function storedKey(deps: KeyDeps, id: string, env: Env): Promise<Stored | undefined> {
  const { homes } = deps;
  const inFile = readKeyFile(instanceKeyFile(homes, id));
  if (existsSync(sealedKeyFile(homes, id))) {
    const { openSealedKey } = await import('./sealed-key.ts');
    const sealed = await openSealedKey(deps, id, env);
    if (sealed !== undefined) return [inFile === undefined ? sealed : [...sealed, inFile], 'keyring'];
  }
  if (inFile === undefined) return undefined;
  const before = readKeyFile(previousKeyFile(homes, id));
  return [before === undefined ? [inFile] : [inFile, before], 'file'];
}

/** As `findInstanceKey`, and makes a key where there is none. Throws `storage`, `storage_full`, too. */
export async function instanceKey(deps: KeyDeps, id: string, env: Env): Promise<InstanceKey> {
  const found = await findInstanceKey(deps, id, env);
  if (found !== undefined) return found;
  ensureInstanceFolder(deps, id);
  const identity = await generateIdentity();
  const made = await createKeyFile(instanceKeyFile(deps.homes, id), identity, `${toBase64(identity)}\n`);
  return keyOf(made, { source: 'file', isConfigured: isMade });
}

export interface KeyPlace {
  readonly env: Env;
  /** Sealed to the OS keyring, and not in a file that other programs read. */
  readonly inKeyring: boolean;
}

/**
 * Gives an instance the key in `text`, in any of the documented shapes. Throws `bad_key`, `unsafe_path`, `storage`,
 * `storage_full`, and `failed` while the key is exchanged.
 */
export async function setInstanceKey(deps: KeyDeps, id: string, text: string, place: KeyPlace): Promise<InstanceKey> {
  const identity = parseIdentity(text);
  refuseWhileExchanged(deps.homes, id);
  const key = await writeInstanceKey(deps, id, identity, place);
  if (place.inKeyring) removeFile(instanceKeyFile(deps.homes, id));
  else await forgetSealed(deps, id, place.env);
  return key;
}

/** Puts a key that was given into its file, which is there or not. Throws as `setInstanceKey`. */
export async function writeInstanceKey(
  deps: KeyDeps,
  id: string,
  identity: Secret,
  { env, inKeyring }: KeyPlace,
): Promise<InstanceKey> {
  const { homes } = deps;
  const key = await keyOf(identity, { source: inKeyring ? 'keyring' : 'file', isConfigured: isGiven });
  const text = `${key.base64.reveal()}\n`;
  // Asked before anything is written.
  const content = inKeyring ? await (await import('./sealed-key.ts')).sealKey(deps, id, env, text) : text;
  ensureInstanceFolder(deps, id);
  noteConfigured(homes, id, key.recipient);
  writeFileAtomic(inKeyring ? sealedKeyFile(homes, id) : instanceKeyFile(homes, id), content);
  return key;
}

/**
 * Says which key was given to an instance. Before that key is in its place, beside the one that was there it counts for nothing.
 * Throws `storage`, `storage_full`.
 */
export function noteConfigured(homes: Homes, id: string, recipient: string): void {
  writeFileAtomic(configuredKeyFile(homes, id), markerOf(recipient));
}

/** Whether there was a key file. Throws `unsafe_path`, `storage`, and `failed` while the key is exchanged. */
export async function deleteInstanceKey(deps: KeyDeps, id: string, env: Env): Promise<boolean> {
  const { homes } = deps;
  if (checkPrivateFolder(homes.runbeam) === 'absent') return false;
  if (checkPrivateFolder(instanceFolder(homes, id)) === 'absent') return false;
  refuseWhileExchanged(homes, id);
  const removed = removeFile(instanceKeyFile(homes, id));
  removeFile(configuredKeyFile(homes, id));
  return (await forgetSealed(deps, id, env)) || removed;
}

async function forgetSealed(deps: KeyDeps, id: string, env: Env): Promise<boolean> {
  if (!existsSync(sealedKeyFile(deps.homes, id))) return false;
  return (await import('./sealed-key.ts')).forgetSealedKey(deps, id, env);
}

/** Of the two keys that an exchange is about neither may go by another way. */
function refuseWhileExchanged(homes: Homes, id: string): void {
  if (!existsSync(rotationFile(homes, id))) return;
  throw new BeamError('failed', `The key of the gateway ${id} is being exchanged`, {
    hint: { command: `runbeam harmony:rotate-key --id ${id}` },
  });
}

/** Makes the folder of an instance. Throws `unsafe_path`, `storage`, `storage_full`. */
export function ensureInstanceFolder({ homes, clock }: StoreDeps, id: string): void {
  for (const folder of [homes.runbeam, instanceFolder(homes, id)]) {
    ensurePrivateFolder(folder);
    sweepTemporary(folder, clock.now());
  }
}
