/** The way of a refreshed session to the disk, made ready before the old one is spent. */
import { writeFileAtomic, proveReplaceable } from '../files/atomic-file.ts';
import { BeamError } from '../../errors.ts';
import type { HeldLock } from '../files/file-lock.ts';
import { reserveFile, type Reservation } from '../files/reservation.ts';
import { Secret } from '../../secret.ts';
import type { Seal, StorageName } from '../secrets/secret-store.ts';
import type { Account, Credential, Rotation, StoredRotation } from './account.ts';
import { fileIdentity } from './account-stamp.ts';
import {
  MAX_ACCOUNT_FILE,
  formatAccountHead,
  formatCredential,
  withSecret,
  type AccountDocument,
  type Turn,
} from './account-document.ts';

/** The largest tokens that a server may give, bytes each. */
const LARGEST_TOKEN = 16_384;

/** As long as a credential gets. */
const LARGEST: Credential = {
  accessToken: new Secret('x'.repeat(LARGEST_TOKEN)),
  refreshToken: new Secret('x'.repeat(LARGEST_TOKEN)),
  expiresAt: 9_999_999_999,
  issuedAt: 9_999_999_999.999,
};

/** Does something while nobody else changes the account file. */
export type Alone = <T>(work: (held: HeldLock) => Promise<T>) => Promise<T>;

export interface RotationParts {
  readonly path: string;
  readonly document: AccountDocument;
  readonly storage: StorageName;
  /** As `SecretStore.sealer`. */
  readonly sealer: () => Promise<Seal>;
  readonly held: HeldLock;
  readonly alone: Alone;
  /** Reads the account file anew; undefined for one that cannot be read. */
  readonly readAgain: () => Promise<AccountDocument | undefined>;
}

/** A name for a login, as our own reader of yaml takes it: it begins with a letter. */
export function newTurn(): Turn {
  const { randomBytes } = process.getBuiltinModule('node:crypto');
  return { login: `l${randomBytes(16).toString('hex')}`, rotation: 0 };
}

/**
 * Does all that can fail or takes time: shows that the account file can be replaced, by replacing it; rehearses the seal with
 * the largest credential; formats the file; takes the space. Throws `storage`, `storage_full`, and as the seal.
 */
export async function prepareRotation(parts: RotationParts): Promise<Rotation> {
  const { path, document, storage, sealer } = parts;
  const { endedAt: _ended, locked: _locked, ...rest } = document.account;
  const account = { ...rest, storage };
  const now = await writeNow(parts, account);
  const turn = { ...now, rotation: now.rotation + 1 };
  const head = await formatAccountHead({ account, extra: document.extra, turn });
  const rehearsed = await (await sealer())(formatCredential(LARGEST));
  const size = Buffer.byteLength(withSecret(head, rehearsed));
  if (size > MAX_ACCOUNT_FILE) {
    throw new BeamError('storage', `The account of ${account.server} is too large to be stored`);
  }
  return new PreparedRotation(parts, { account, turn, head, seal: await sealer() }, reserveFile(path, size));
}

/** Replaces the file by what it says already, its secret sealed. Returns which state of the login it is then. */
async function writeNow({ path, document, sealer }: RotationParts, account: Account): Promise<Turn> {
  const { plain, sealed, extra, turn } = document;
  if (turn !== undefined && plain === undefined) {
    proveReplaceable(path, MAX_ACCOUNT_FILE);
    return turn;
  }
  const named = turn ?? newTurn();
  const secret = plain === undefined ? (sealed ?? '') : await (await sealer())(formatCredential(plain));
  writeFileAtomic(path, withSecret(await formatAccountHead({ account, extra, turn: named }), secret));
  return named;
}

interface Prepared {
  readonly account: Account;
  readonly turn: Turn;
  readonly head: string;
  readonly seal: Seal;
}

/** Where the lock itself cannot be stored, what is stored already needs none. */
async function aloneIfPossible<T>(alone: Alone, work: () => Promise<T>): Promise<T> {
  const begun = new AbortController();
  try {
    return await alone(() => {
      begun.abort();
      return work();
    });
  } catch (error) {
    const isDisk = error instanceof BeamError && (error.code === 'storage' || error.code === 'storage_full');
    if (begun.signal.aborted || !isDisk) throw error;
    return work();
  }
}

class PreparedRotation implements Rotation {
  readonly #parts: RotationParts;
  readonly #prepared: Prepared;
  readonly #reservation: Reservation;
  /** The account file as it was when all was ready. */
  readonly #before: string | undefined;
  #sealed: string | undefined;

  constructor(parts: RotationParts, prepared: Prepared, reservation: Reservation) {
    this.#parts = parts;
    this.#prepared = prepared;
    this.#reservation = reservation;
    this.#before = fileIdentity(parts.path);
  }

  spend(): void {
    this.#parts.held.spend();
  }

  async store(credential: Credential): Promise<StoredRotation | undefined> {
    const { head, seal } = this.#prepared;
    this.#sealed ??= await seal(formatCredential(credential));
    const sealed = this.#sealed;
    const bytes = Buffer.from(withSecret(head, sealed));
    // On the disk first, beside its place: from here on a kill loses nothing. A disk that is full takes no lock any more, but
    // then nobody else changes the file either.
    this.#reservation.commit(bytes, () => false);
    return aloneIfPossible(this.#parts.alone, () => this.#replace(bytes, sealed));
  }

  /** Whoever lost the lock leaves the session beside the file: the next holder finds it, and sees whether it is the next one. */
  async #replace(bytes: Buffer, sealed: string): Promise<StoredRotation | undefined> {
    const { path, held } = this.#parts;
    if (!held.isOurs()) return undefined;
    if (fileIdentity(path) === this.#before) {
      this.#reservation.commit(bytes);
      return { account: this.#prepared.account, identity: fileIdentity(path) ?? '' };
    }
    const text = await this.#onto(sealed);
    if (text === undefined) this.#reservation.withdraw();
    else this.#reservation.commit(Buffer.from(text));
    return undefined;
  }

  /** Somebody has changed the file meanwhile: only what it says now is kept. Undefined: it is of another login. */
  async #onto(sealed: string): Promise<string | undefined> {
    const { account, turn } = this.#prepared;
    const now = await this.#parts.readAgain();
    if (now?.turn !== undefined && now.turn.login !== turn.login) return undefined;
    const { endedAt: _ended, locked: _locked, ...rest } = now?.account ?? account;
    const { extra } = now ?? this.#parts.document;
    return withSecret(await formatAccountHead({ account: { ...rest, storage: account.storage }, extra, turn }), sealed);
  }

  release(): void {
    this.#reservation.release();
  }
}
