/** One account file on disk and the secret that belongs to it. Whoever has one holds the account's lock. */
import { BeamError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { proveReplaceable, removeFile, writeFileAtomic } from '../files/atomic-file.ts';
import type { HeldLock } from '../files/file-lock.ts';
import { reserveFile } from '../files/reservation.ts';
import { accountFile } from '../paths.ts';
import { sealToRecipient, sealWithPassphrase } from '../secrets/age-armor.ts';
import type { SecretStore, StorageName } from '../secrets/secret-store.ts';
import type { SecretStores, SecretStoresOptions } from '../secrets/secret-stores.ts';
import { accountKey, goAccountFile } from '../account-key.ts';
import { parseServer } from '../server.ts';
import type { Account, Credential, LockedAccount, RemovedAccount, Rotation, StoredSession, WholeAccount } from './account.ts';
import {
  MAX_ACCOUNT_FILE,
  formatAccountFile,
  formatCredential,
  parseCredential,
  type AccountDocument,
  type Turn,
} from './account-document.ts';
import { openLocked } from './auto-lock.ts';
import { openCredential, readDocument, readIfSound } from './account-reader.ts';
import { adoptLeftovers, discardLeftovers, hasLeftovers } from './adoption.ts';
import { newTurn, prepareRotation, type Alone } from './rotation.ts';
import { nextAttempt, nothingToLock, withNewTime, wrongPassphrase } from './passphrase-lock.ts';

// For a login, whose tokens are not known yet: two of 16 KiB each, in base64.
const ROOM = 49_152;

/** What is written: the account says in which store `sealed` was made. */
interface Sealed {
  readonly account: Account;
  readonly sealed: string;
}

function checkKey(account: Account, key: string): void {
  if (accountKey(parseServer(account.server), account.name) === key && account.key === key) return;
  throw new BeamError('bad_server', `The account of ${account.server} cannot be stored as ${key}`);
}

interface Locks {
  /** The one under which this is used. */
  readonly held: HeldLock;
  readonly alone: Alone;
}

/** As `LockedAccount` says, and what only the store's own calls need. Closed with the lock. */
export class AccountFile implements LockedAccount {
  readonly #options: SecretStoresOptions;
  readonly #stores: SecretStores;
  readonly #secrets: (storage: StorageName) => SecretStore;
  readonly #key: string;
  readonly #path: string;
  readonly #locks: Locks;
  readonly #rotations: Rotation[] = [];
  /** Why what a killed writer left could not be looked at. */
  #undecided: Error | undefined;

  constructor(options: SecretStoresOptions, stores: SecretStores, key: string, locks: Locks) {
    this.#options = options;
    this.#stores = stores;
    this.#secrets = stores.forOneLock();
    this.#key = key;
    this.#path = accountFile(options.homes, key);
    this.#locks = locks;
  }

  /** Whether killed writers left something of this account. */
  hasLeftovers(): boolean {
    return hasLeftovers(this.#path);
  }

  /** Puts in its place what a killed writer left of the session. To be called once, before anything is read. */
  async adopt(): Promise<void> {
    this.#undecided = await adoptLeftovers({
      path: this.#path,
      key: this.#key,
      current: () => this.#documentIfSound(),
      open: (document) => openCredential(document, this.#path, this.#secrets),
    });
  }

  async read(): Promise<Account | undefined> {
    return (await this.#document())?.account;
  }

  async credential(): Promise<Credential | undefined> {
    const document = await this.#document();
    return document && openCredential(document, this.#path, this.#secrets);
  }

  async session(): Promise<StoredSession | undefined> {
    const document = await this.#document();
    return document && { account: document.account, credential: await openCredential(document, this.#path, this.#secrets) };
  }

  async rotation(): Promise<Rotation> {
    if (this.#undecided !== undefined) throw this.#undecided;
    const document = await this.#document();
    if (document === undefined) throw nothingToLock(this.#key);
    checkKey(document.account, this.#key);
    const storage = this.#storageFor(document);
    const rotation = await prepareRotation({
      path: this.#path,
      document,
      storage,
      sealer: () => this.#secrets(storage).sealer(this.#key),
      ...this.#locks,
      readAgain: () => this.#documentIfSound(),
    });
    this.#rotations.push(rotation);
    this.#announce(document, storage);
    return rotation;
  }

  /** As `AccountStore.prepare`. */
  async prepare(): Promise<StorageName> {
    const storage = await this.#stores.choice.choose((await this.#documentIfSound())?.account.storage);
    // The keyring was tried out with an entry of its own: which account this login will give is not known yet.
    if (storage !== 'keyring') await this.#secrets(storage).seal(this.#key, '');
    proveReplaceable(this.#path, MAX_ACCOUNT_FILE);
    reserveFile(this.#path, ROOM).release();
    return storage;
  }

  /** Gives back what was reserved and not used. */
  close(): void {
    for (const rotation of this.#rotations.splice(0)) rotation.release();
  }

  async write(account: Account, credential: Credential): Promise<Account> {
    const document = await this.#documentIfSound();
    const sealed = await this.#seal(account, credential, this.#storageFor(document));
    const stored = await this.#store(sealed, document);
    this.#announce(document, stored.storage);
    return stored;
  }

  /** Writes what a login gave; nothing of an older account stays but fields that are not known. */
  async replace(given: Account, credential: Credential, whole?: WholeAccount): Promise<Account> {
    const document = await this.#documentIfSound();
    const account = whole === undefined ? given : whole(given, document?.account);
    // What is left of the login before must not come back once this one is there.
    discardLeftovers(this.#path);
    const stored = await this.#store(await this.#sealNew(account, credential, document), document, newTurn());
    if (document?.account.storage === 'keyring' && stored.storage !== 'keyring') await this.#leaveKeyring();
    return stored;
  }

  /** Writes the account and keeps its credential. */
  async rewrite(account: Account): Promise<Account> {
    const document = await this.#document();
    if (document?.plain !== undefined) return this.write(account, document.plain);
    checkKey(account, this.#key);
    const stored = { ...account, storage: document?.account.storage ?? account.storage };
    const { sealed, extra, turn } = document ?? { extra: {} };
    const text = await formatAccountFile(omitUndefined({ account: stored, extra, sealed, turn }));
    writeFileAtomic(this.#path, text);
    return stored;
  }

  async lock(passphrase: Secret): Promise<void> {
    if (this.#undecided !== undefined) throw this.#undecided;
    const document = await this.#document();
    const credential = await this.credential();
    if (document === undefined || credential === undefined) throw nothingToLock(this.#key);
    const sealed = await sealWithPassphrase(passphrase, formatCredential(credential));
    // Whoever gives a passphrase anew may have another one than that of the key.
    const { autoLock: _, ...rest } = document.account;
    const account = { ...rest, storage: this.#storageFor(document), locked: { failures: 0 } };
    await this.#store({ account, sealed }, document);
  }

  async lockItself(): Promise<boolean> {
    if (this.#undecided !== undefined) throw this.#undecided;
    const document = await this.#document();
    const { autoLock, locked } = document?.account ?? {};
    if (document === undefined || autoLock === undefined || locked !== undefined) return false;
    const credential = await this.credential();
    if (credential === undefined) return false;
    const sealed = await sealToRecipient(autoLock.recipient, formatCredential(credential), this.#path);
    const account = {
      ...document.account,
      storage: this.#storageFor(document),
      locked: { failures: 0, byItself: true } as const,
    };
    await this.#store({ account, sealed }, document);
    return true;
  }

  async unlock(passphrase: Secret): Promise<boolean> {
    const document = await this.#document();
    if (document?.account.locked === undefined || document.sealed === undefined) return false;
    const now = this.#options.clock.now() / 1000;
    const { account, sealed } = document;
    // Written before the attempt: a process that is killed has used it up all the same.
    await this.rewrite({ ...account, locked: nextAttempt(account.locked ?? { failures: 0 }, account, now) });
    const plaintext = await openLocked(passphrase, account, sealed);
    if (plaintext === undefined) throw wrongPassphrase(account);
    const credential = parseCredential(plaintext, this.#path);
    await this.#store(await this.#seal(withNewTime(account, now), credential, account.storage), document);
    return true;
  }

  async end(endedAt: number, of?: Credential): Promise<boolean> {
    const document = await this.#document();
    if (document === undefined) return false;
    if (of !== undefined && (await this.credential())?.accessToken.equals(of.accessToken) !== true) return false;
    // What the keyring holds opens nothing any more; the next login uses it, or a logout deletes it.
    const { locked: _, ...rest } = document.account;
    const account = { ...rest, storage: this.#storageFor(document), endedAt };
    const { extra, turn } = document;
    writeFileAtomic(this.#path, await formatAccountFile(omitUndefined({ account, extra, turn })));
    return true;
  }

  async remove(): Promise<RemovedAccount> {
    const storage = (await this.#documentIfSound())?.account.storage ?? 'age';
    discardLeftovers(this.#path);
    // The file first: without it the rest opens nothing, however long a keyring takes.
    const own = removeFile(this.#path);
    // Else the Go program's file, which says the same account, would be the account from here on.
    const go = removeFile(goAccountFile(this.#path));
    const account = own || go;
    return { account, keyring: await this.#secrets(storage).remove(this.#key) };
  }

  async #seal(account: Account, credential: Credential, storage: StorageName): Promise<Sealed> {
    checkKey(account, this.#key);
    const { endedAt: _ended, locked: _locked, ...rest } = account;
    const sealed = await this.#secrets(storage).seal(this.#key, formatCredential(credential));
    return { account: { ...rest, storage }, sealed };
  }

  /** A login that was approved must not be lost because the keyring, which worked a minute ago, does not now. */
  async #sealNew(account: Account, credential: Credential, earlier: AccountDocument | undefined): Promise<Sealed> {
    const { choice } = this.#stores;
    const storage = await choice.choose(earlier?.account.storage);
    try {
      return await this.#seal(account, credential, storage);
    } catch (error) {
      if (storage !== 'keyring') throw error;
      return await this.#seal(account, credential, choice.fallBack(error));
    }
  }

  async #store(
    { account, sealed }: Sealed,
    previous: AccountDocument | undefined,
    turn: Turn | undefined = previous?.turn,
  ): Promise<Account> {
    const extra = previous?.extra ?? {};
    const text = await formatAccountFile(omitUndefined({ account, extra, sealed, turn }));
    if (Buffer.byteLength(text) > MAX_ACCOUNT_FILE) {
      throw new BeamError('storage', `The account of ${account.server} is too large to be stored`);
    }
    writeFileAtomic(this.#path, text);
    return account;
  }

  async #leaveKeyring(): Promise<void> {
    if ((await this.#secrets('keyring').remove(this.#key)) !== 'left') return;
    this.#options.warn?.(`The earlier key of ${this.#key} could not be deleted from the OS keyring; it opens nothing any more`);
  }

  #document(): Promise<AccountDocument | undefined> {
    return readDocument(this.#options, this.#key);
  }

  /** A file too broken to be read must not keep a fresh session from being stored. */
  #documentIfSound(): Promise<AccountDocument | undefined> {
    return readIfSound(this.#options, this.#key);
  }

  /** Where the credential of an account stays: plain text only where the user chose it. */
  #storageFor(document: AccountDocument | undefined): StorageName {
    if (this.#options.insecureStorage === true || document?.plainByChoice === true) return 'plain';
    return document?.plain === undefined ? (document?.account.storage ?? 'age') : 'age';
  }

  #announce(before: AccountDocument | undefined, storage: StorageName): void {
    if (before?.plain === undefined || storage === 'plain') return;
    const others = before.path === this.#path ? undefined : `stays there for the Go beamd; ${this.#path} has it encrypted`;
    const line = others === undefined ? 'was in plain text; it is now encrypted' : `is in plain text and ${others}`;
    this.#options.warn?.(`The token in ${before.path} ${line}`);
  }
}
