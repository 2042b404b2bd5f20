/**
 * Accounts, as the rest of the program sees them, and what can be done with them (`account-store.ts` makes the store). On
 * disk the names are snake_case (`account-document.ts`).
 */
import type { Secret } from '../../secret.ts';
import type { AccountName } from '../account-key.ts';
import type { SecretRemoval, StorageName } from '../secrets/secret-store.ts';

/** An org inside one login. The first one of an account is the personal one. */
export interface Scope {
  readonly slug: string;
  readonly role?: string;
}

/** How the session was obtained, and so how it is refreshed and revoked. */
export type DialectName = 'beam-auth' | 'oauth' | 'runbeam' | 'static';

/** An account file without its credential. Everything here may be shown. */
export interface Account {
  /** `accountKey` of server and name. */
  readonly key: string;
  /** What tells it from other accounts of its server; absent: the one without a name. */
  readonly name?: AccountName;
  /** `Server.name` of the edge or of Runbeam Cloud. */
  readonly server: string;
  readonly provider: 'edge' | 'runbeam';
  readonly kind: 'session' | 'token';
  readonly dialect: DialectName;
  readonly user?: string;
  readonly scopes: readonly Scope[];
  readonly defaultScope?: string;
  readonly storage: StorageName;
  /** `Server.name` of what was typed at logins (`typed_as`), where that is not `server`: it selects the account too. */
  readonly typedAs?: readonly string[];
  /** `Server.name` of the control plane that gave the session (`control_plane`), where it differs from `server`. */
  readonly controlPlane?: string;
  /** OAuth only: issuer and client of the session. */
  readonly issuer?: string;
  readonly clientId?: string;
  /** Runbeam Cloud only: the base URL the session belongs to. */
  readonly apiUrl?: string;
  readonly insecureSkipVerify?: boolean;
  /** Certificates that its servers, and no others, may be signed with beside the usual ones: PEM, no line break at the end. */
  readonly ca?: string;
  /** Unix seconds; set when the server definitively rejected the session. The account stays, without credential. */
  readonly endedAt?: number;
  /** Set while the credential is sealed with a passphrase on top of its storage. */
  readonly locked?: PassphraseLock;
  /** Set while the account locks itself, and stays when it has. */
  readonly autoLock?: AutoLock;
  /** Each use of it is asked about first, by the program that the configuration names. */
  readonly confirm?: true;
  /** Unix seconds when the server was last asked whether a session without expiry is alive. */
  readonly checkedAt?: number;
  /** Names the network settings of the login: only with these is the session refreshed unasked. Absent: there were none. */
  readonly network?: string;
}

/** A lock by passphrase, and the wrong ones tried since. */
export interface PassphraseLock {
  readonly failures: number;
  /** Unix seconds before which no further passphrase is tried. */
  readonly notBefore?: number;
  /** The credential is sealed to `AutoLock.recipient`, not with the passphrase itself. */
  readonly byItself?: true;
}

/** When an account locks itself. The agent sees to that; without one it is done when the account is next used. */
export interface AutoLock {
  /** Seconds after `since`. */
  readonly after?: number;
  /** When this machine wakes up. */
  readonly onSuspend?: true;
  /** Unix seconds when this was set up, or the account was unlocked. */
  readonly since: number;
  /** What the credential is sealed to: `age1…`. */
  readonly recipient: string;
  /** Whose identity, sealed with the passphrase. */
  readonly identity: string;
}

/** The secret half of an account. */
export interface Credential {
  readonly accessToken: Secret;
  readonly refreshToken?: Secret;
  /** Unix seconds. Absent: the token does not expire by itself. */
  readonly expiresAt?: number;
  /** Unix seconds when the access token was issued, on this machine's clock. */
  readonly issuedAt?: number;
}

/** An account and what it is logged in with. */
export interface StoredSession {
  readonly account: Account;
  /** Absent for a session that has ended. */
  readonly credential: Credential | undefined;
}

/** An account file that cannot be read, and why. */
export interface AccountProblem {
  readonly path: string;
  readonly message: string;
  /** The account that the file is to be; absent where its name says none, or another file of the same account counts. */
  readonly key?: string;
}

/** What was there when an account was removed. */
export interface RemovedAccount {
  /** The file. */
  readonly account: boolean;
  /** The account's entry in the OS keyring. */
  readonly keyring: SecretRemoval;
}

/** What is stored for an account that a login gave, beside what of it is there already, under the lock; undefined: nothing sound is. */
export type WholeAccount = (given: Account, before: Account | undefined) => Account;

/** The accounts of `~/.beamd/accounts`. */
export interface AccountStore {
  /** Every account that can be read, and what is wrong with the others. Throws `unsafe_path`, `bad_file` (the folder). */
  list(): Promise<{ accounts: Account[]; problems: AccountProblem[] }>;
  /** The keys of all accounts that have a file, sorted; nothing is read. Throws `unsafe_path`, `bad_file` (the folder). */
  keys(): string[];
  /** Undefined if there is none. Throws `bad_file`, `unsafe_path`. */
  read(key: string): Promise<Account | undefined>;
  /** As `read`; a file too broken to be read is none. For what replaces or removes it. Throws `unsafe_path`. */
  readIfSound(key: string): Promise<Account | undefined>;
  /**
   * The stored credential, read anew. Undefined if there is none or the session has ended. Throws as `read`, and `locked`,
   * `decrypt_failed`, `bad_key`, `storage`.
   */
  credential(account: Pick<Account, 'key'>): Promise<Credential | undefined>;
  /** The account and its credential, of one reading. Undefined if there is no account. Throws as `read` and `credential`. */
  session(key: string): Promise<StoredSession | undefined>;
  /**
   * Chooses where a login to this server will be kept and proves that it can be, before the user is asked for anything.
   * Throws as `LockedAccount.reserve`.
   */
  prepare(key: string): Promise<StorageName>;
  /**
   * Writes what a login gave, in place of what was there; `storage` is chosen here, and `whole` says what is kept of it. Returns the
   * account as stored. Throws `bad_server` for an account under the key of another server, and as `prepare` and `withLock`.
   */
  save(account: Account, credential: Credential, whole?: WholeAccount): Promise<Account>;
  /**
   * Changes an account and keeps its credential. Throws `login_required` if there is none, `locked` for a change of `autoLock` while it
   * is locked, and as `withLock`.
   */
  update(key: string, change: (account: Account) => Account): Promise<Account>;
  /**
   * Runs `work` as the only writer of this account. Not reentrant: inside, use the locked account alone. `timeout`:
   * milliseconds, 10,000 by default. `long`: it may take long, as a server does. Throws `busy` after the timeout, `timeout`
   * while another process waits for the answer to a refresh, `unsafe_path`, `storage`, `storage_full`, and what `work` throws.
   */
  withLock<T>(key: string, work: (locked: LockedAccount) => Promise<T>, options?: LockTimes): Promise<T>;
}

/** As `withLock` takes them. */
export interface LockTimes {
  readonly timeout?: number;
  readonly long?: boolean;
}

/** An account under its lock. What it reads is on disk now and stays so until it writes. */
export interface LockedAccount {
  read(): Promise<Account | undefined>;
  credential(): Promise<Credential | undefined>;
  /** Both, of one reading. */
  session(): Promise<StoredSession | undefined>;
  /**
   * Makes sure that a refreshed session gets to the disk, before the old one is spent. A plain-text account of another tool
   * is encrypted with this. Throws `storage_full`, `storage`, `bad_key`, `login_required`. What is not used is given back with the lock.
   */
  rotation(): Promise<Rotation>;
  /** Stores both. A plain-text account of another tool is encrypted with this. Throws `bad_server`, and as `rotation`. */
  write(account: Account, credential: Credential): Promise<Account>;
  /** Seals the credential with a passphrase: nothing reads it until `unlock`. Throws `locked` if it is, `login_required`. */
  lock(passphrase: Secret): Promise<void>;
  /** Seals the credential as `autoLock` says. False, and nothing is done, for an account that is locked or has none. Throws `bad_file`. */
  lockItself(): Promise<boolean>;
  /** False if it was not locked. Throws `wrong_passphrase`, and `locked` while earlier wrong ones have to be waited for. */
  unlock(passphrase: Secret): Promise<boolean>;
  /** Drops the credential of a session that the server rejected and keeps account and orgs. `endedAt`: unix seconds. False, and nothing is done,
   * if the credential is not (any more) `of`. */
  end(endedAt: number, of?: Credential): Promise<boolean>;
  /** The file, and what the OS keyring holds. Throws `storage`. */
  remove(): Promise<RemovedAccount>;
}

/** What was stored. */
export interface StoredRotation {
  readonly account: Account;
  /** `fileIdentity` of the account file that holds it. */
  readonly identity: string;
}

/** A refreshed session's way to the disk. Everything is loaded, read, tried and reserved. */
export interface Rotation {
  /**
   * To be called right before the refresh token is sent: until the lock is released nobody takes it over without need, since
   * the old token may be spent. Throws `busy` if somebody has taken it over already.
   */
  spend(): void;
  /**
   * Seals and stores what the server answered. Throws what went wrong with the disk, and can then be called again with the
   * same credential; a kill in between loses nothing that could be written. Undefined: somebody has changed the account
   * meanwhile, or logged in anew, and what there is now is in the file.
   */
  store(credential: Credential): Promise<StoredRotation | undefined>;
  /** Gives the space back. Harmless after `store`. */
  release(): void;
}
