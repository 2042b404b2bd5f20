/** Reads accounts, without what is needed to write one: most commands only look. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BeamError, systemCode } from '../../errors.ts';
import { readSmallFile } from '../files/atomic-file.ts';
import { fileError } from '../files/file-errors.ts';
import { checkPrivateFolder, repairFileMode } from '../files/permissions.ts';
import { accountFile, accountsFolder, isAccountKey, type Homes } from '../paths.ts';
import type { SecretStore, StorageName } from '../secrets/secret-store.ts';
import type { SecretStores } from '../secrets/secret-stores.ts';
import type { Account, AccountProblem, Credential, StoredSession } from './account.ts';
import { MAX_ACCOUNT_FILE, parseAccountFile, parseCredential, type AccountDocument } from './account-document.ts';
import { accountLocked } from './passphrase-lock.ts';

interface ReadOptions {
  readonly homes: Homes;
  /** One line for the user: a mode that was repaired. */
  readonly notify?: (line: string) => void;
}

const SUFFIX = '.yaml';

function isFolderThere(homes: Homes): boolean {
  return checkPrivateFolder(homes.beamd) === 'present' && checkPrivateFolder(accountsFolder(homes)) === 'present';
}

/** The text of an account file; undefined if there is none. Throws `unsafe_path`, `bad_file`. */
function readAccountText(homes: Homes, key: string): string | undefined {
  return isFolderThere(homes) ? readSmallFile(accountFile(homes, key), MAX_ACCOUNT_FILE) : undefined;
}

/** An account file, its mode repaired; undefined if there is none. Throws `bad_file`, `unsafe_path`. */
export async function readDocument({ homes, notify }: ReadOptions, key: string): Promise<AccountDocument | undefined> {
  const text = readAccountText(homes, key);
  if (text === undefined) return undefined;
  const path = accountFile(homes, key);
  const mode = repairFileMode(path);
  if (mode !== undefined) notify?.(`${path} could be read by other users (mode ${mode.toString(8)}); it is now 600`);
  return parseAccountFile(text, path, key);
}

/** As `AccountStore.read`. */
export async function readAccount(options: ReadOptions, key: string): Promise<Account | undefined> {
  return (await readDocument(options, key))?.account;
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
  if (account.locked !== undefined) throw accountLocked(account.server);
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
    if (!isAccountKey(name)) {
      problems.push({ path, message: `${path} is not named after a server` });
      continue;
    }
    try {
      const account = await readAccount(options, name);
      if (account !== undefined) accounts.push(account);
    } catch (error) {
      if (!(error instanceof BeamError)) throw error;
      problems.push({ path, message: error.message });
    }
  }
  return { accounts, problems };
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
