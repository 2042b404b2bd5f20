/** One account file on disk and the secret that belongs to it. Writers hold the account's lock. */
import { BeamError } from '../errors.ts';
import {
  MAX_ACCOUNT_FILE,
  formatAccountFile,
  formatCredential,
  parseAccountFile,
  parseCredential,
  type AccountDocument,
} from './account-file.ts';
import type { AccountStoreOptions, LockedAccount } from './account-contract.ts';
import { checkPrivateFolder, readSmallFile, removeFile, repairFileMode, writeFileAtomic } from './files.ts';
import type { Reservation } from './files.ts';
import { accountFile, accountsFolder } from './paths.ts';
import { reserveFile } from './reserve.ts';
import { createAgeStore } from './secrets/age.ts';
import { plainStore } from './secrets/plain.ts';
import type { SecretStore } from './secrets/secret-store.ts';
import { parseServer, serverOfKey } from './server.ts';
import type { Account, Credential, StorageName } from './types.ts';

// A rotated session may be longer than the one before: two tokens of 16 KiB each, in base64.
const ROOM_TO_GROW = 49_152;

export interface AccountFile extends LockedAccount {
  /** Writes what a login gave; nothing of an older account stays but fields that are not known. */
  replace(account: Account, credential: Credential): Promise<Account>;
  /** Writes the account and keeps its credential. */
  rewrite(account: Account): Promise<Account>;
  /** Gives back what was reserved and not used. */
  close(): void;
}

function checkKey(account: Account, key: string): void {
  if (parseServer(account.server).key === key && account.key === key) return;
  throw new BeamError('bad_server', `The account of ${account.server} cannot be stored as ${key}`);
}

class AccountOnDisk implements AccountFile {
  readonly #options: AccountStoreOptions;
  readonly #key: string;
  readonly #path: string;
  readonly #reservations: Reservation[] = [];

  constructor(options: AccountStoreOptions, key: string) {
    this.#options = options;
    this.#key = key;
    this.#path = accountFile(options.homes, key);
  }

  async read(): Promise<Account | undefined> {
    return (await this.#document())?.account;
  }

  async credential(): Promise<Credential | undefined> {
    const document = await this.#document();
    if (document === undefined || document.account.endedAt !== undefined) return undefined;
    if (document.plain !== undefined) return document.plain;
    if (document.sealed === undefined) return undefined;
    const plaintext = await this.#secrets(document.account.storage).open(this.#key, document.sealed);
    return parseCredential(plaintext, this.#path);
  }

  async reserve(): Promise<Reservation> {
    // Makes the key if need be and proves that it works, while failing still costs nothing.
    await this.#secrets(this.#storageFor(await this.#document())).seal(this.#key, '');
    const size = Buffer.byteLength(this.#text() ?? '');
    const reservation = reserveFile(this.#path, size + ROOM_TO_GROW);
    this.#reservations.push(reservation);
    return reservation;
  }

  close(): void {
    for (const reservation of this.#reservations.splice(0)) reservation.release();
  }

  async write(account: Account, credential: Credential, reservation?: Reservation): Promise<Account> {
    const document = await this.#documentIfSound();
    const stored = await this.#store(account, credential, this.#storageFor(document), document, reservation);
    this.#announce(document, stored);
    return stored;
  }

  async replace(account: Account, credential: Credential): Promise<Account> {
    const storage = this.#options.insecureStorage === true ? 'plain' : 'age';
    return this.#store(account, credential, storage, await this.#documentIfSound());
  }

  async rewrite(account: Account): Promise<Account> {
    const document = await this.#document();
    if (document?.plain !== undefined) return this.write(account, document.plain);
    checkKey(account, this.#key);
    const stored = { ...account, storage: document?.account.storage ?? account.storage };
    const { sealed, extra } = document ?? { extra: {} };
    const text = await formatAccountFile({ account: stored, extra, ...(sealed === undefined ? {} : { sealed }) });
    writeFileAtomic(this.#path, text);
    return stored;
  }

  async end(endedAt: number): Promise<void> {
    const document = await this.#document();
    if (document === undefined) return;
    const storage = this.#storageFor(document);
    await this.#secrets(storage).remove(this.#key);
    const account = { ...document.account, storage, endedAt };
    writeFileAtomic(this.#path, await formatAccountFile({ account, extra: document.extra }));
  }

  async remove(): Promise<boolean> {
    await this.#secrets('age').remove(this.#key);
    return removeFile(this.#path);
  }

  async #store(
    account: Account,
    credential: Credential,
    storage: StorageName,
    previous: AccountDocument | undefined,
    reservation?: Reservation,
  ): Promise<Account> {
    checkKey(account, this.#key);
    const { endedAt: _, ...rest } = account;
    const stored: Account = { ...rest, storage };
    const sealed = await this.#secrets(storage).seal(this.#key, formatCredential(credential));
    const extra = previous?.extra ?? {};
    const text = await formatAccountFile({ account: stored, extra, ...(sealed === undefined ? {} : { sealed }) });
    if (Buffer.byteLength(text) > MAX_ACCOUNT_FILE) {
      throw new BeamError('storage', `The account of ${account.server} is too large to be stored`);
    }
    if (reservation === undefined) writeFileAtomic(this.#path, text);
    else reservation.commit(text);
    return stored;
  }

  #text(): string | undefined {
    const { homes } = this.#options;
    if (checkPrivateFolder(homes.beamd) === 'absent') return undefined;
    if (checkPrivateFolder(accountsFolder(homes)) === 'absent') return undefined;
    return readSmallFile(this.#path, MAX_ACCOUNT_FILE);
  }

  async #document(): Promise<AccountDocument | undefined> {
    const text = this.#text();
    if (text === undefined) return undefined;
    const mode = repairFileMode(this.#path);
    if (mode !== undefined) {
      this.#options.notify?.(`${this.#path} could be read by other users (mode ${mode.toString(8)}); it is now 600`);
    }
    return parseAccountFile(text, this.#path, this.#key);
  }

  /** A file too broken to be read must not keep a fresh session from being stored. */
  async #documentIfSound(): Promise<AccountDocument | undefined> {
    try {
      return await this.#document();
    } catch (error) {
      if (error instanceof BeamError && error.code === 'bad_file') return undefined;
      throw error;
    }
  }

  /** Where a credential is kept from now on: plain text only where the user chose it. */
  #storageFor(document: AccountDocument | undefined): StorageName {
    return this.#options.insecureStorage === true || document?.plainByChoice === true ? 'plain' : 'age';
  }

  #secrets(storage: StorageName): SecretStore {
    if (storage === 'plain') return plainStore;
    if (storage === 'age') return createAgeStore(this.#options.homes, this.#options.env);
    const name = serverOfKey(this.#key);
    throw new BeamError('storage', `The credential of ${name} is in the OS keyring, which this version cannot use`, {
      hint: `Run: beamd login --server ${name}`,
    });
  }

  #announce(before: AccountDocument | undefined, after: Account): void {
    if (before?.plain === undefined || after.storage === 'plain') return;
    this.#options.notify?.(`The token in ${this.#path} was in plain text; it is now encrypted`);
  }
}

export function openAccountFile(options: AccountStoreOptions, key: string): AccountFile {
  return new AccountOnDisk(options, key);
}
