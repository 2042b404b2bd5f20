/**
 * What killed writers left of an account. A session that was refreshed and did not get to its place any more is put there;
 * all else is removed. Whoever does it holds the account's lock, so that none of these files is being written.
 */
import { closeSync, fsyncSync, ftruncateSync, lstatSync, openSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BeamError } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { readSmallBytes, syncFolder, unlinkQuietly } from '../files/atomic-file.ts';
import { fileError } from '../files/file-errors.ts';
import { targetOfTemporary } from '../files/temporary.ts';
import type { Credential } from './account.ts';
import { MAX_ACCOUNT_FILE, parseAccountFile, type AccountDocument } from './account-document.ts';

export interface AdoptionParts {
  readonly path: string;
  readonly key: string;
  /** Reads the account file; undefined for none, or one that cannot be read. */
  readonly current: () => Promise<AccountDocument | undefined>;
  /** Opens what a file holds. Throws as the store of its secret. */
  readonly open: (document: AccountDocument) => Promise<Credential | undefined>;
}

function leftoversOf(path: string): string[] {
  const folder = dirname(path);
  try {
    const names = readdirSync(folder).filter((name) => targetOfTemporary(name) === basename(path));
    return names.map((name) => join(folder, name));
  } catch {
    return [];
  }
}

export const hasLeftovers = (path: string): boolean => leftoversOf(path).length > 0;

/** Removes all of them: for a login, which replaces whatever there was, and for a logout. */
export function discardLeftovers(path: string): void {
  for (const leftover of leftoversOf(path)) unlinkQuietly(leftover);
}

/**
 * Puts the session that is exactly one refresh newer than the account file in its place, and removes the other leftovers.
 * Returns why one had to be left where it is, if its secret cannot be opened here and now: it may be the only session that
 * is alive, and nothing may be refreshed until that is known.
 */
export async function adoptLeftovers(parts: AdoptionParts): Promise<Error | undefined> {
  const leftovers = leftoversOf(parts.path);
  if (leftovers.length === 0) return undefined;
  let undecided: Error | undefined;
  for (const leftover of leftovers) {
    try {
      const text = await nextSession(parts, leftover);
      if (text === undefined) unlinkQuietly(leftover);
      else adopt(leftover, parts.path, text);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      undecided = fileError(error, 'write', parts.path);
    }
  }
  return undecided;
}

/** What is in a leftover that takes the account file's place; undefined for any other. */
async function nextSession(parts: AdoptionParts, leftover: string): Promise<Buffer | undefined> {
  const bytes = isOurs(leftover) ? readWritten(leftover) : undefined;
  const found = bytes && (await documentIn(bytes, leftover, parts.key));
  if (bytes === undefined || found?.turn === undefined) return undefined;
  const current = await parts.current();
  // Behind a passphrase nothing may be put that was not.
  if (current?.turn === undefined || current.account.locked !== undefined) return undefined;
  if (found.turn.login !== current.turn.login || found.turn.rotation !== current.turn.rotation + 1) return undefined;
  return (await opens(parts, found, current)) ? bytes : undefined;
}

/** A regular file of this user that nobody else could write, under this name alone. */
function isOurs(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true || stats.nlink !== 1) return false;
  const uid = system.files.ownUid();
  return uid === undefined || (stats.uid === uid && (stats.mode & 0o777) === 0o600);
}

/** Without the zeros of the space that was reserved. */
function readWritten(path: string): Buffer | undefined {
  const bytes = readSmallBytes(path, MAX_ACCOUNT_FILE);
  const end = bytes?.findLastIndex((byte) => byte !== 0) ?? -1;
  return end === -1 ? undefined : bytes?.subarray(0, end + 1);
}

async function documentIn(bytes: Buffer, path: string, key: string): Promise<AccountDocument | undefined> {
  try {
    return await parseAccountFile(bytes.toString('utf8'), path, key);
  } catch (error) {
    if (error instanceof BeamError) return undefined;
    throw error;
  }
}

/** Whether the secret is whole. Throws what keeps it from being opened, if that keeps the account's own from it too. */
async function opens({ open }: AdoptionParts, found: AccountDocument, current: AccountDocument): Promise<boolean> {
  try {
    return (await open(found)) !== undefined;
  } catch (error) {
    if (!(error instanceof BeamError) || (error.code !== 'decrypt_failed' && error.code !== 'bad_file')) throw error;
    await open(current);
    return false;
  }
}

function adopt(leftover: string, path: string, bytes: Buffer): void {
  const descriptor = openSync(leftover, 'r+');
  try {
    ftruncateSync(descriptor, bytes.length);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(leftover, path);
  syncFolder(dirname(path));
}
