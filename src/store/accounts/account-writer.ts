/** The part of the account store that writes. Every write takes the account's lock and reads the file anew. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BeamError } from '../../errors.ts';
import { withLock, type HeldLock } from '../files/file-lock.ts';
import { ensurePrivateFolder } from '../files/permissions.ts';
import { sweepTemporary } from '../files/temporary.ts';
import { accountLock, accountsFolder, locksFolder } from '../paths.ts';
import type { SecretStores, SecretStoresOptions } from '../secrets/secret-stores.ts';
import { serverOfKey } from '../server.ts';
import type { Account, AccountStore, LockTimes } from './account.ts';
import { AccountFile } from './account-file.ts';

export type AccountWriter = Pick<AccountStore, 'prepare' | 'save' | 'update' | 'withLock'>;

function notLoggedIn(key: string): BeamError {
  const name = serverOfKey(key);
  return new BeamError('login_required', `You are not logged in to ${name}`, {
    hint: { command: `beamd login --server ${name}` },
  });
}

/**
 * What has to be there before something is written. Says what it repaired. What was left of an account that is there may be
 * its session: that is for whoever holds its lock.
 */
function prepareFolders({ homes, clock, notify }: SecretStoresOptions): void {
  for (const folder of [homes.beamd, accountsFolder(homes), locksFolder(homes)]) {
    const { repairedFrom } = ensurePrivateFolder(folder);
    if (repairedFrom === undefined) continue;
    notify?.(`${folder} was open to other users (mode ${repairedFrom.toString(8)}); it is now closed to them`);
  }
  for (const folder of [homes.beamd, locksFolder(homes)]) sweepTemporary(folder, clock.now());
  const accounts = accountsFolder(homes);
  sweepTemporary(accounts, clock.now(), (target) => target !== '' && existsSync(join(accounts, target)));
}

async function update(file: AccountFile, key: string, change: (account: Account) => Account): Promise<Account> {
  const account = await file.read();
  if (account === undefined) throw notLoggedIn(key);
  return file.rewrite(change(account));
}

/** As `AccountStore` says. */
export function createAccountWriter(options: SecretStoresOptions, stores: SecretStores): AccountWriter {
  async function locked<T>(key: string, work: (file: AccountFile) => Promise<T>, times: LockTimes = {}): Promise<T> {
    const lock = accountLock(options.homes, key);
    prepareFolders(options);
    const guarded = async (held: HeldLock): Promise<T> => {
      const file = new AccountFile(options, stores, key, held);
      try {
        await file.adopt();
        return await work(file);
      } finally {
        file.close();
      }
    };
    return withLock(lock, guarded, { clock: options.clock, ...times });
  }
  return {
    prepare: (key) => locked(key, (file) => file.prepare()),
    save: (account, credential) => locked(account.key, (file) => file.replace(account, credential)),
    update: (key, change) => locked(key, (file) => update(file, key, change)),
    withLock: (key, work, lockOptions) => locked(key, work, lockOptions),
  };
}
