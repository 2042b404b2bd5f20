/**
 * The exchange of an instance's key. The new key takes the old one's place at once; the old one and the token that was sealed
 * to it stay beside it until the exchange is finished or taken back. A crash between any two writes leaves either an exchange
 * that begins again, or one that goes on.
 */
import type { Env } from '../../environment.ts';
import type { Secret } from '../../secret.ts';
import { readSmallBytes, removeFile, writeFileAtomic } from '../files/atomic-file.ts';
import { requirePrivateFile } from '../files/permissions.ts';
import { removeTemporaryOf } from '../files/temporary.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { readJsonFile } from '../formats/json-file.ts';
import {
  configuredKeyFile,
  instanceKeyFile,
  machineTokenFile,
  previousKeyFile,
  previousSealedKeyFile,
  previousTokenFile,
  rotationFile,
  sealedKeyFile,
  type Homes,
  type StoreDeps,
} from '../paths.ts';
import { recipientOf } from '../secrets/age-identity.ts';
import { noteConfigured, writeInstanceKey, type InstanceKey } from './instance-key.ts';
import { isSealedTo, loadMachineToken, saveMachineToken, tokenMarks } from './machine-token.ts';
import type { KeyDeps } from './sealed-key.ts';
import { noteMark } from './token-ledger.ts';

/** An exchange that was begun. */
export interface Rotation {
  /** The public half of the new key. */
  readonly recipient: string;
  /** The public half of the key before. */
  readonly previous: string;
  /** The key before was given, and not made here. */
  readonly configured: boolean;
  /** The gateway has the new key. */
  readonly delivered: boolean;
}

/** The exchange that is under way, if one is. Throws `bad_file`, `unsafe_path`. */
export function readRotation(homes: Homes, id: string): Rotation | undefined {
  const path = rotationFile(homes, id);
  const value = readJsonFile(path);
  if (value === undefined) return undefined;
  const file = FieldReader.of(value, path);
  const { configured, delivered } = file.members;
  return {
    recipient: file.text('recipient'),
    previous: file.text('previous'),
    configured: configured === true,
    delivered: delivered === true,
  };
}

/** Where a key is, and the one before it. */
const PLACES = [
  [instanceKeyFile, previousKeyFile],
  [sealedKeyFile, previousSealedKeyFile],
] as const;

/**
 * Puts `next` in the place of `current`, and keeps that. Under the instance's lock. Throws `storage`, `storage_full`,
 * `unsafe_path`.
 */
export async function beginRotation(
  deps: KeyDeps,
  id: string,
  { current, next, env }: { readonly current: InstanceKey; readonly next: Secret; readonly env: Env },
): Promise<Rotation> {
  const { homes } = deps;
  const { recipient: previous, configured, source } = current;
  const rotation = { recipient: await recipientOf(next), previous, configured, delivered: false };
  // Before what it tells of: then whatever is beside the key has an exchange that ends it.
  noteRotation(homes, id, rotation);
  for (const [file, before] of [...PLACES, [machineTokenFile, previousTokenFile] as const]) {
    const bytes = readSmallBytes(file(homes, id));
    if (bytes === undefined) removeFile(before(homes, id));
    else writeFileAtomic(before(homes, id), bytes);
  }
  await writeInstanceKey(deps, id, next, { env, inKeyring: source === 'keyring' });
  return rotation;
}

/** Writes down how far it is. Throws `storage`, `storage_full`. */
export function noteRotation(homes: Homes, id: string, rotation: Rotation): void {
  writeFileAtomic(rotationFile(homes, id), `${JSON.stringify(rotation)}\n`);
}

/** Lets go of the old key. A token that only it opens is sealed to the new one first. Throws as `saveMachineToken`. */
export async function finishRotation(deps: StoreDeps, id: string, key: InstanceKey): Promise<void> {
  const { homes } = deps;
  if (!(await isSealedTo(homes, id, key.identity))) {
    const token = await loadMachineToken(homes, id, key);
    if (token !== undefined) {
      const { stored: was } = tokenMarks(homes, id);
      await saveMachineToken(deps, id, token, key.identity);
      await noteMark(deps, id, { was, is: tokenMarks(homes, id).stored });
    }
  }
  forget(homes, id);
}

/** Puts the old key back. Throws `storage`, `storage_full`, `unsafe_path`. */
export function abortRotation(homes: Homes, id: string, { configured, previous }: Rotation): void {
  for (const [file, before] of PLACES) {
    requirePrivateFile(before(homes, id));
    const key = readSmallBytes(before(homes, id));
    if (key === undefined) continue;
    if (configured) noteConfigured(homes, id, previous);
    else removeFile(configuredKeyFile(homes, id));
    writeFileAtomic(file(homes, id), key);
  }
  forget(homes, id);
}

/** What says that there is an exchange goes last: until then each of these steps is done again. */
function forget(homes: Homes, id: string): void {
  for (const file of [...PLACES.flat(), previousTokenFile, rotationFile]) removeTemporaryOf(file(homes, id));
  for (const file of [previousTokenFile, previousKeyFile, previousSealedKeyFile, rotationFile]) removeFile(file(homes, id));
}
