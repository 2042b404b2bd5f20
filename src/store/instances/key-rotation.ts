/**
 * The exchange of an instance's key. The new key takes the old one's place at once; the old one and the token that was sealed
 * to it stay beside it until the exchange is finished or taken back. A crash between any two writes leaves either an exchange
 * that begins again, or one that goes on.
 */
import type { Secret } from '../../secret.ts';
import { readSmallBytes, removeFile, writeFileAtomic } from '../files/atomic-file.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { readJsonFile } from '../formats/json-file.ts';
import {
  configuredKeyFile,
  machineTokenFile,
  previousKeyFile,
  previousTokenFile,
  rotationFile,
  type Homes,
  type StoreDeps,
} from '../paths.ts';
import { readKeyFile } from '../secrets/key-file.ts';
import { setInstanceKey, writeInstanceKey, type InstanceKey } from './instance-key.ts';
import { isSealedTo, loadMachineToken, saveMachineToken } from './machine-token.ts';

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

/** Puts `next` in the place of `current`, and keeps that. Under the instance's lock. Throws as `setInstanceKey`. */
export async function beginRotation(deps: StoreDeps, id: string, current: InstanceKey, next: Secret): Promise<Rotation> {
  const { homes } = deps;
  writeFileAtomic(previousKeyFile(homes, id), `${current.base64.reveal()}\n`);
  const token = readSmallBytes(machineTokenFile(homes, id));
  if (token === undefined) removeFile(previousTokenFile(homes, id));
  else writeFileAtomic(previousTokenFile(homes, id), token);
  const { recipientOf } = await import('../secrets/age-identity.ts');
  const recipient = await recipientOf(next);
  const rotation = { recipient, previous: current.recipient, configured: current.configured, delivered: false };
  noteRotation(homes, id, rotation);
  await setInstanceKey(deps, id, next.reveal());
  return rotation;
}

/** Writes down how far it is. Throws `storage`, `storage_full`. */
export function noteRotation(homes: Homes, id: string, rotation: Rotation): void {
  writeFileAtomic(rotationFile(homes, id), `${JSON.stringify(rotation)}\n`);
}

/** Lets go of the old key. A token that only it opens is sealed to the new one first. Throws as `saveMachineToken`. */
export async function finishRotation(deps: StoreDeps, id: string, identity: Secret): Promise<void> {
  const { homes } = deps;
  if (!(await isSealedTo(homes, id, identity))) {
    const token = await loadMachineToken(homes, id, identity);
    if (token !== undefined) await saveMachineToken(deps, id, token, identity);
  }
  forget(homes, id);
}

/** Puts the old key back. Throws `storage`, `storage_full`, `bad_key`, `unsafe_path`. */
export function abortRotation(homes: Homes, id: string, { configured, previous }: Rotation): void {
  const key = readKeyFile(previousKeyFile(homes, id));
  if (key !== undefined) {
    if (!configured) removeFile(configuredKeyFile(homes, id));
    writeInstanceKey(homes, id, { identity: key, recipient: previous, configured });
  }
  forget(homes, id);
}

/** What says that there is an exchange goes last: until then each of these steps is done again. */
function forget(homes: Homes, id: string): void {
  for (const file of [previousTokenFile, previousKeyFile, rotationFile]) removeFile(file(homes, id));
}
