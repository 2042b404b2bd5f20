/** Reads accounts, without what is needed to write one or to open its secret: most commands only look. */
import { join } from 'node:path';
import { BeamError, systemCode } from '../../errors.ts';
import type { AccountProblem, AccountStore, AccountStoreOptions } from './account-store.ts';
import { MAX_ACCOUNT_FILE, parseAccountFile, type AccountDocument } from './account-document.ts';
import { checkPrivateFolder, repairFileMode } from '../files/permissions.ts';
import { readSmallFile } from '../files/atomic-file.ts';
import { accountFile, accountsFolder, isAccountKey, type Homes } from '../paths.ts';
import type { Account } from './account.ts';
import { readdirSync } from 'node:fs';
import { fileError } from '../files/file-errors.ts';

type Options = Pick<AccountStoreOptions, 'homes' | 'notify'>;

/** The text of an account file; undefined if there is none. Throws `unsafe_path`, `bad_file`. */
export function readAccountText(homes: Homes, key: string): string | undefined {
  if (checkPrivateFolder(homes.beamd) === 'absent') return undefined;
  if (checkPrivateFolder(accountsFolder(homes)) === 'absent') return undefined;
  return readSmallFile(accountFile(homes, key), MAX_ACCOUNT_FILE);
}

/** An account file, its mode repaired; undefined if there is none. Throws `bad_file`, `unsafe_path`. */
export async function readDocument({ homes, notify }: Options, key: string): Promise<AccountDocument | undefined> {
  const text = readAccountText(homes, key);
  if (text === undefined) return undefined;
  const path = accountFile(homes, key);
  const mode = repairFileMode(path);
  if (mode !== undefined) notify?.(`${path} could be read by other users (mode ${mode.toString(8)}); it is now 600`);
  return parseAccountFile(text, path, key);
}

/** As `AccountStore.read`. */
export async function readAccount(options: Options, key: string): Promise<Account | undefined> {
  return (await readDocument(options, key))?.account;
}

/** As `AccountStore.list`. */
export async function listAccounts(options: Options): ReturnType<AccountStore['list']> {
  const accounts: Account[] = [];
  const problems: AccountProblem[] = [];
  for (const name of accountFileNames(options.homes)) {
    const path = join(accountsFolder(options.homes), `${name}.yaml`);
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

/** Which account files there are. */

const SUFFIX = '.yaml';

/** Names of the yaml files among the accounts, without the suffix. */
export function accountFileNames(homes: Homes): string[] {
  if (checkPrivateFolder(homes.beamd) === 'absent' || checkPrivateFolder(accountsFolder(homes)) === 'absent') return [];
  try {
    const names = readdirSync(accountsFolder(homes)).filter((name) => name.endsWith(SUFFIX) && !name.startsWith('.'));
    return names.map((name) => name.slice(0, -SUFFIX.length)).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw fileError(error, 'read', accountsFolder(homes));
  }
}
