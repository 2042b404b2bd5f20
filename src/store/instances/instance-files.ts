/** What is kept for an instance beside the list, and how it goes. */
import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Env } from '../../environment.ts';
import { checkPrivateFolder } from '../files/permissions.ts';
import { removeFile } from '../files/atomic-file.ts';
import { removeTemporaryOf } from '../files/temporary.ts';
import {
  configuredKeyFile,
  instanceFolder,
  instanceKeyFile,
  instanceSettingsFile,
  isInstanceId,
  machineTokenFile,
  olderMachineTokenFile,
  pendingTokenFile,
  previousKeyFile,
  previousSealedKeyFile,
  previousTokenFile,
  rotationFile,
  sealedKeyFile,
  type Homes,
} from '../paths.ts';
import type { KeyDeps } from './sealed-key.ts';

/** Kinds of what is kept: the age key, the machine token, and one that was issued and not delivered. */
export type Kept = 'key' | 'token' | 'undelivered';

const FILES: readonly [Kept, (homes: Homes, id: string) => string][] = [
  ['key', instanceKeyFile],
  ['key', sealedKeyFile],
  ['key', previousKeyFile],
  ['key', previousSealedKeyFile],
  ['token', previousTokenFile],
  ['token', machineTokenFile],
  ['token', olderMachineTokenFile],
  ['undelivered', pendingTokenFile],
];

/** The names in the home, in one look: of very many instances most are only registered, and nothing is kept for them. */
export function instanceFolders(homes: Homes): ReadonlySet<string> {
  try {
    return new Set(readdirSync(homes.runbeam));
  } catch {
    return new Set();
  }
}

function isFolderThere(homes: Homes, id: string): boolean {
  return checkPrivateFolder(homes.runbeam) === 'present' && checkPrivateFolder(instanceFolder(homes, id)) === 'present';
}

/** Whether the OS keyring holds what the key of any instance is sealed to. */
export function hasSealedKeys(homes: Homes): boolean {
  return [...instanceFolders(homes)].some((id) => isInstanceId(id) && existsSync(sealedKeyFile(homes, id)));
}

/** What there is for an instance, registered or not. Throws `unsafe_path`, and `not_found` for what is no id. */
export function keptFor(homes: Homes, id: string): Kept[] {
  if (!isFolderThere(homes, id)) return [];
  const found = FILES.filter(([, file]) => existsSync(file(homes, id))).map(([kind]) => kind);
  return [...new Set(found)];
}

/**
 * Removes the key and the tokens of an instance, what the OS keyring holds for it, and its folder if nothing of others is in it.
 * Returns what there was. Throws as `keptFor`, and `storage`.
 */
export async function purgeFiles(deps: KeyDeps, id: string, env: Env): Promise<Kept[]> {
  const { homes } = deps;
  const kept = keptFor(homes, id);
  if (!isFolderThere(homes, id)) return kept;
  if (existsSync(sealedKeyFile(homes, id))) await (await import('./sealed-key.ts')).forgetSealedKey(deps, id, env);
  for (const [, file] of FILES) {
    removeFile(file(homes, id));
    removeTemporaryOf(file(homes, id));
  }
  removeFile(configuredKeyFile(homes, id));
  removeFile(instanceSettingsFile(homes, id));
  removeFile(rotationFile(homes, id));
  for (const folder of [dirname(machineTokenFile(homes, id)), instanceFolder(homes, id)]) removeEmpty(folder);
  return kept;
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is gone, or holds what another program keeps there.
  }
}
