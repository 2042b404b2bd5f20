/** Reads accounts, without what is needed to write one: most commands only look. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BeamError, systemCode, type Warn } from '../../errors.ts';
import { readSmallFile } from '../files/atomic-file.ts';
import { fileError } from '../files/file-errors.ts';
import { checkPrivateFolder, repairFileMode } from '../files/permissions.ts';
import { goAccountFile, isAccountKey, keyOfFileName } from '../account-key.ts';
import { accountFile, accountsFolder, type Homes } from '../paths.ts';
import type { SecretStore, StorageName } from '../secrets/secret-store.ts';
import type { SecretStores } from '../secrets/secret-stores.ts';
import type { Account, AccountProblem, Credential, StoredSession } from './account.ts';
import { MAX_ACCOUNT_FILE, parseAccountFile, parseCredential, type AccountDocument } from './account-document.ts';
import { accountLocked } from './passphrase-lock.ts';

export interface ReadOptions {
  readonly homes: Homes;
  /** One line for the user: a mode that was repaired. */
  readonly warn?: Warn;
  /** Only looks: a file that others may read stays as it is. */
  readonly untouched?: true;
}

const SUFFIX = '.yaml';

function isFolderThere(homes: Homes): boolean {
  return checkPrivateFolder(homes.beamd) === 'present' && checkPrivateFolder(accountsFolder(homes)) === 'present';
}

/** An account file as it stands on disk. */
interface AccountText {
  readonly path: string;
  readonly text: string;
}

/** Ours, else the one that the Go `beamd` calls otherwise; undefined if there is neither. Throws `unsafe_path`, `bad_file`. */
function readAccountText(homes: Homes, key: string): AccountText | undefined {
  if (!isFolderThere(homes)) return undefined;
  const own = accountFile(homes, key);
  for (const path of [own, goAccountFile(own)]) {
    const text = readSmallFile(path, MAX_ACCOUNT_FILE);
    if (text !== undefined) return { path, text };
  }
  return undefined;
}

/** An account file, its mode repaired; undefined if there is none. Throws `bad_file`, `unsafe_path`. */
export async function readDocument({ homes, warn, untouched }: ReadOptions, key: string): Promise<AccountDocument | undefined> {
  const found = readAccountText(homes, key);
  if (found === undefined) return undefined;
  const { path, text } = found;
  const mode = untouched === true ? undefined : repairFileMode(path);
  if (mode !== undefined) warn?.(`${path} could be read by other users (mode ${mode.toString(8)}); it is now 600`);
  return parseAccountFile(text, path, key);
}

/** As `AccountStore.read`. */
export async function readAccount(options: ReadOptions, key: string): Promise<Account | undefined> {
  return (await readDocument(options, key))?.account;
}

/** As `AccountStore.readIfSound`. */
export async function readIfSound(options: ReadOptions, key: string): Promise<AccountDocument | undefined> {
  try {
    return await readDocument(options, key);
  } catch (error) {
    if (error instanceof BeamError && error.code === 'bad_file') return undefined;
    throw error;
  }
}

/** As `AccountStore.session`. */
export async function readSession(options: ReadOptions, key: string, stores: SecretStores): Promise<StoredSession | undefined> {
  const document = await readDocument(options, key);
  if (document === undefined) return undefined;
  const credential = await openCredential(document, accountFile(options.homes, key), stores.forOneLock());
  return { account: document.account, credential };
}

/**
 * What an account is logged in with; undefined for a session that has ended. `path` names the file in errors. Throws
 * `locked`, `decrypt_failed`, `bad_file`, and as the store of its secret.
 */
export async function openCredential(
  { account, plain, sealed }: AccountDocument,
  path: string,
  secrets: (storage: StorageName) => SecretStore,
): Promise<Credential | undefined> {
  if (account.endedAt !== undefined) return undefined;
  if (account.locked !== undefined) throw accountLocked(account);
  if (plain !== undefined) return plain;
  if (sealed === undefined) return undefined;
  return parseCredential(await secrets(account.storage).open(account.key, sealed), path);
}

/** As `AccountStore.list`. */
export async function listAccounts(options: ReadOptions): Promise<{ accounts: Account[]; problems: AccountProblem[] }> {
  const accounts: Account[] = [];
  const problems: AccountProblem[] = [];
  for (const name of accountFileNames(options.homes)) {
    const path = join(accountsFolder(options.homes), `${name}${SUFFIX}`);
    const key = keyOfFileName(name);
    if (!isAccountKey(key)) {
      problems.push({ path, message: `${path} is not named after a server` });
    } else if (key !== name && existsSync(accountFile(options.homes, key))) {
      const message = `${path}, of the Go beamd, is not used: ${accountFile(options.homes, key)} is the same account and counts`;
      problems.push({ path, message });
    } else {
      const found = await readOrProblem(options, key, path);
      if ('message' in found) problems.push(found);
      else accounts.push(found);
    }
  }
  return { accounts, problems };
}

async function readOrProblem(options: ReadOptions, key: string, path: string): Promise<Account | AccountProblem> {
  try {
    return (await readAccount(options, key)) ?? { path, message: `${path} is gone again` };
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return { path, message: error.message, key };
  }
}

/** As `AccountStore.keys`. */
export function accountKeys(homes: Homes): string[] {
  return [...new Set(accountFileNames(homes).map(keyOfFileName))].filter(isAccountKey).sort();
}

/** Names of the yaml files among the accounts, without the suffix, sorted. Throws `unsafe_path`, `bad_file`. */
export function accountFileNames(homes: Homes): string[] {
  if (!isFolderThere(homes)) return [];
  try {
    const names = readdirSync(accountsFolder(homes)).filter((name) => name.endsWith(SUFFIX) && !name.startsWith('.'));
    return names.map((name) => name.slice(0, -SUFFIX.length)).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw fileError(error, 'read', accountsFolder(homes));
  }
}
