/**
 * The part of the account store that writes. Whoever may spend the session holds the account's lock for as long as that takes,
 * and a server may take long. The file itself is changed under a lock of its own, held for a moment: so nobody who needs no
 * server waits for one. Every change reads the file anew.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withLock, type HeldLock } from '../files/file-lock.ts';
import { ensurePrivateFolder } from '../files/permissions.ts';
import { sweepTemporary } from '../files/temporary.ts';
import { accountFileLock, accountLock, accountsFolder, locksFolder } from '../paths.ts';
import type { SecretStores, SecretStoresOptions } from '../secrets/secret-stores.ts';
import { noAccount } from '../account-key.ts';
import type { Account, AccountStore, LockTimes, LockedAccount } from './account.ts';
import { AccountFile } from './account-file.ts';
import { accountLocked } from './passphrase-lock.ts';
import type { Alone } from './rotation.ts';

export type AccountWriter = Pick<AccountStore, 'prepare' | 'save' | 'update' | 'withLock'>;

/**
 * What has to be there before something is written. Says what it repaired. What was left of an account that is there may be
 * its session: that is for whoever holds its lock.
 */
function prepareFolders({ homes, clock, warn }: SecretStoresOptions): void {
  for (const folder of [homes.beamd, accountsFolder(homes), locksFolder(homes)]) {
    const { repairedFrom } = ensurePrivateFolder(folder);
    if (repairedFrom === undefined) continue;
    warn?.(`${folder} was open to other users (mode ${repairedFrom.toString(8)}); it is now closed to them`);
  }
  for (const folder of [homes.beamd, locksFolder(homes)]) sweepTemporary(folder, clock.now());
  const accounts = accountsFolder(homes);
  sweepTemporary(accounts, clock.now(), (target) => target !== '' && existsSync(join(accounts, target)));
}

async function update(file: AccountFile, key: string, change: (account: Account) => Account): Promise<Account> {
  const account = await file.read();
  if (account === undefined) throw noAccount(key);
  const changed = change(account);
  // What it was locked with has to open it, and only this says what that was.
  if (account.locked !== undefined && changed.autoLock !== account.autoLock) throw accountLocked(account);
  return file.rewrite(changed);
}

/** An account whose lock is held, each change of its file made alone. */
function changingAlone(file: AccountFile, alone: Alone): LockedAccount {
  return {
    read: () => file.read(),
    credential: () => file.credential(),
    session: () => file.session(),
    rotation: () => alone(() => file.rotation()),
    write: (account, credential) => alone(() => file.write(account, credential)),
    lock: (passphrase) => alone(() => file.lock(passphrase)),
    lockItself: () => alone(() => file.lockItself()),
    unlock: (passphrase) => alone(() => file.unlock(passphrase)),
    end: (endedAt, of) => alone(() => file.end(endedAt, of)),
    remove: () => alone(() => file.remove()),
  };
}

/** As `AccountStore` says. */
export function createAccountWriter(options: SecretStoresOptions, stores: SecretStores): AccountWriter {
  const { homes, clock } = options;

  const aloneFor = (key: string): Alone => {
    const lock = accountFileLock(homes, key);
    return (work) => withLock(lock, work, { clock });
  };

  function change<T>(key: string, work: (file: AccountFile) => Promise<T>): Promise<T> {
    const alone = aloneFor(key);
    prepareFolders(options);
    return alone((held) => work(new AccountFile(options, stores, key, { held, alone })));
  }

  async function locked<T>(key: string, work: (account: LockedAccount) => Promise<T>, times: LockTimes = {}): Promise<T> {
    const lock = accountLock(homes, key);
    const alone = aloneFor(key);
    prepareFolders(options);
    const guarded = async (held: HeldLock): Promise<T> => {
      const file = new AccountFile(options, stores, key, { held, alone });
      try {
        if (file.hasLeftovers()) await alone(() => file.adopt());
        return await work(changingAlone(file, alone));
      } finally {
        file.close();
      }
    };
    return withLock(lock, guarded, { clock, ...times });
  }
  return {
    prepare: (key) => change(key, (file) => file.prepare()),
    save: (account, ...login) => change(account.key, (file) => file.replace(account, ...login)),
    update: (key, edit) => change(key, (file) => update(file, key, edit)),
    withLock: locked,
  };
}
