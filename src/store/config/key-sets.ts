/** Key sets of clouds, kept from one command to the next: `~/.runbeam/.key-sets/<server>.json`. Nothing in them is secret. */
import { dirname } from 'node:path';
import { BeamError, isErrorCode, type ErrorCode } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { writeFileAtomic } from '../files/atomic-file.ts';
import { withLock } from '../files/file-lock.ts';
import { ensurePrivateFolder, requirePrivateFile } from '../files/permissions.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { readJsonFile } from '../formats/json-file.ts';
import { keySetFile, runbeamLock, type Homes, type StoreDeps } from '../paths.ts';

/** What is known of a key set, and when it was asked for. Times are milliseconds since 1970. */
export interface KeySetRecord {
  /** Where it is published: it is of this address alone. */
  readonly url: string;
  /** When somebody last asked for it, whatever came of that. */
  readonly askedAt: number;
  /** When `keys` came; before `askedAt` while nobody has answered since. */
  readonly fetchedAt?: number;
  /** As the server published it, unchecked. */
  readonly keys?: unknown;
  /** Why the last try gave none. */
  readonly failed?: ErrorCode;
}

/** A set is 256 KiB at most, and written with less space between. */
const MAX_BYTES = 300_000;

/** Milliseconds that the lock is waited for: a verification can do without what is kept. */
const PATIENCE = 2_000;

/** What is kept of the set at `url`. A file that is not exactly such, or that others may write or read, is none. */
export function readKeySet(homes: Homes, key: string, url: string): KeySetRecord | undefined {
  try {
    const path = keySetFile(homes, key);
    requirePrivateFile(path);
    const value = readJsonFile(path, MAX_BYTES);
    if (value === undefined) return undefined;
    const file = FieldReader.of(value, path);
    const { keys } = file.members;
    const failed = file.optionalString('failed') ?? undefined;
    const record = {
      url: file.text('url'),
      askedAt: file.number('asked_at'),
      fetchedAt: file.optionalNumber('fetched_at') ?? undefined,
      keys,
      failed: isErrorCode(failed) ? failed : undefined,
    };
    return record.url === url ? omitUndefined(record) : undefined;
  } catch (error) {
    if (error instanceof BeamError) return undefined;
    throw error;
  }
}

/**
 * Changes what is kept of the set at `url`, as the only one who does: `change` is given what is there now, and gives what is to
 * be there, or undefined to leave it. Throws `busy`, `unsafe_path`, `storage`, `storage_full`.
 */
export async function updateKeySet(
  { homes, clock }: StoreDeps,
  key: string,
  url: string,
  change: (now: KeySetRecord | undefined) => KeySetRecord | undefined,
): Promise<void> {
  const path = keySetFile(homes, key);
  ensurePrivateFolder(homes.runbeam);
  ensurePrivateFolder(dirname(path));
  const work = (): Promise<void> => {
    const next = change(readKeySet(homes, key, url));
    if (next !== undefined) {
      const { askedAt, fetchedAt, keys, failed } = next;
      writeFileAtomic(path, `${JSON.stringify({ url, asked_at: askedAt, fetched_at: fetchedAt, failed, keys })}\n`);
    }
    return Promise.resolve();
  };
  await withLock(runbeamLock(homes), work, { clock, timeout: PATIENCE });
}
