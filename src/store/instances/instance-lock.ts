import { basename, join } from 'node:path';
import { withLock } from '../files/file-lock.ts';
import { ensurePrivateFolder } from '../files/permissions.ts';
import { instanceFolder, locksFolder, type StoreDeps } from '../paths.ts';

/** Milliseconds that another process is waited for. */
const TIMEOUT = 30_000;

/**
 * Does work on the tokens of an instance while no other process does any: two at once could clear each other's. Throws `busy`,
 * `not_found` for what is no id, `unsafe_path`, `storage`, `storage_full`, and what the work throws.
 */
export async function withInstanceLock<T>({ homes, clock }: StoreDeps, id: string, work: () => Promise<T>): Promise<T> {
  const name = `instance-${basename(instanceFolder(homes, id))}`;
  ensurePrivateFolder(homes.beamd);
  ensurePrivateFolder(locksFolder(homes));
  return withLock(join(locksFolder(homes), name), work, { clock, timeout: TIMEOUT });
}
