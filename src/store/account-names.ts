/** Which account files there are. On the hot path. */
import { readdirSync } from 'node:fs';
import { systemCode } from '../errors.ts';
import { fileError } from './file-errors.ts';
import { checkPrivateFolder } from './files.ts';
import { accountsFolder, type Homes } from './paths.ts';

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
