/**
 * Logins that are under way, a file each: what goes on with one sealed as an account's secret is, and after its end how it
 * ended, for whoever waited for it elsewhere. Gone with its code.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { BeamError, parseHint, type ErrorCode, type Hint, isErrorCode } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import { removeFile, unlinkQuietly, writeFileAtomic } from '../files/atomic-file.ts';
import type { Clock } from '../../clock.ts';
import { withLock, type HeldLock } from '../files/file-lock.ts';
import { HolderWatch } from '../files/lock-holder.ts';
import { checkPrivateFolder, ensurePrivateFolder } from '../files/permissions.ts';
import { sweepTemporary } from '../files/temporary.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { parseJson, readJsonFile } from '../formats/json-file.ts';
import {
  locksFolder,
  loginIdOf,
  loginLock,
  loginsLock,
  pendingLoginFile,
  pendingLoginsFolder,
  type Homes,
  type StoreDeps,
} from '../paths.ts';
import { createAgeStore } from '../secrets/secret-stores.ts';
import type { Env } from '../../environment.ts';
import { hexDigest } from '../../text.ts';

/** What a login is for. Two that differ in any of it are two. */
export interface LoginWish {
  readonly program: 'beamd' | 'runbeam';
  /** `Server.name` of the server that is asked. */
  readonly server: string;
  /** Name of the account that it will be. */
  readonly name?: string;
  readonly scope?: string;
  readonly insecure: boolean;
  /** As `Account.ca`. */
  readonly ca?: string;
  readonly clientId?: string;
  readonly issuer?: string;
  /** Of Runbeam Cloud: the base URL. */
  readonly apiUrl?: string;
}

/** What a login needs to be gone on with. */
export interface PendingLogin extends LoginWish {
  /** Where the code came from, and the only place where it may go. */
  readonly tokenUrl: string;
  readonly code: Secret;
  /** `Server.name` of where the server sends its logins, where that is elsewhere. */
  readonly controlPlane?: string;
  readonly userCode?: string;
  readonly verificationUri: string;
  readonly verificationUriComplete?: string;
  /** Seconds between polls. */
  readonly interval: number;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** How a login ended: whoever waited for it says the same. */
export type LoginEnd =
  | {
      readonly kind: 'saved';
      /** Of the account. */
      readonly key: string;
      readonly current: boolean;
      readonly replaced: boolean;
      /** What became of the session that was replaced. */
      readonly earlierSession?: string;
      /** Unix seconds when the session ends. */
      readonly sessionEnds?: number;
    }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint?: Hint };

/** A login as its file shows it, unopened. */
export interface LoginRecord {
  readonly id: string;
  /** Of what it is for (`markOf`). */
  readonly mark: string;
  /** Unix seconds when its code ends, and the record with it. */
  readonly expiresAt: number;
  /** Somebody was given its id, and may come back for it: an interruption does not forget it. */
  readonly resumable: boolean;
  /** Absent: it is under way. */
  readonly end?: LoginEnd;
}

interface Kept extends LoginRecord {
  readonly sealed?: string;
}

type Deps = StoreDeps & { readonly env: Env };

/** What tells logins apart: the same for two that may be one. `storage` is where the secrets are to be kept. */
export function markOf(wish: LoginWish, storage: string): string {
  const { program, server, name, scope, insecure, ca, clientId, issuer, apiUrl } = wish;
  const all = [program, server, name, scope, insecure, ca, clientId, issuer, apiUrl, storage];
  return hexDigest(JSON.stringify(all), 16);
}

/** An id for a login, which nobody can guess. */
export const newLoginId = (): string => randomBytes(8).toString('hex');

/** Silence of whoever has the turn after which it counts as stopped (Ctrl-Z): several of its heartbeats, milliseconds. */
const STOPPED = 8_000;

/** What a process that waits for its turn sees of the one that has it: one that is stopped loses it, and finds out by `isOurs`. */
export const watchOfTurn = (clock: Clock): HolderWatch => new HolderWatch(clock, STOPPED);

/**
 * Does `work` while no other process does any for a login of this mark. Undefined if one does: it is not waited for. Throws
 * `unsafe_path`, `storage` and its kin where there can be no lock, `interrupted`, and whatever `work` throws.
 *
 * @param watch - of `watchOfTurn`, the same at each try
 */
export async function withLoginTurn<T>(
  { homes, clock, signal }: Pick<Deps, 'homes' | 'clock'> & { readonly signal: AbortSignal },
  mark: string,
  work: (held: HeldLock) => Promise<T>,
  watch?: HolderWatch,
): Promise<{ readonly value: T } | undefined> {
  const turn: { ours: boolean } = { ours: false };
  const mine = async (held: HeldLock): Promise<T> => {
    turn.ours = true;
    return work(held);
  };
  const options = omitUndefined({ clock, signal, timeout: 0, long: true, watch });
  ensurePrivateFolder(homes.beamd);
  ensurePrivateFolder(locksFolder(homes));
  try {
    return { value: await withLock(loginLock(homes, mark), mine, options) };
  } catch (error) {
    // `timeout`: it saves a login at this moment.
    if (!turn.ours && error instanceof BeamError && (error.code === 'busy' || error.code === 'timeout')) return undefined;
    throw error;
  }
}

/**
 * Keeps a login under its id, in the place of any other of its mark. Throws `bad_key`, `storage`, `storage_full`,
 * `unsafe_path`, `busy`.
 */
export async function savePendingLogin(
  deps: Deps,
  login: PendingLogin,
  { id, mark, resumable }: Pick<LoginRecord, 'id' | 'mark' | 'resumable'>,
): Promise<void> {
  const { homes, env } = deps;
  const { code, ...rest } = login;
  const sealed = await createAgeStore(homes, env).seal(titleOf(id), JSON.stringify({ ...rest, code: code.reveal() }));
  await changing(deps, () => {
    removeOthers(homes, mark);
    write(homes, { id, mark, expiresAt: login.expiresAt, resumable, sealed });
  });
}

/** Says how a login ended; what goes on with it is forgotten. Throws `storage` and its kin, `busy`. */
export async function endPendingLogin(deps: StoreDeps, record: Omit<LoginRecord, 'resumable'>, end: LoginEnd): Promise<void> {
  const { id, mark, expiresAt } = record;
  await changing(deps, () => {
    removeOthers(deps.homes, mark);
    write(deps.homes, { id, mark, expiresAt, resumable: false, end });
  });
}

/**
 * Forgets a login that nobody comes back for. The disk is not waited for: who has pressed Ctrl-C does, and one that came back
 * after a power cut would end with its code. Throws `storage` and its kin, `busy`.
 */
export async function forgetPendingLogin(deps: StoreDeps, id: string): Promise<void> {
  await changing(deps, () => {
    if (recordOf(deps.homes, id)?.resumable !== true) unlinkQuietly(pendingLoginFile(deps.homes, id));
  });
}

/** Sees to it that a login that is under way can be resumed by its id; false if it is not there any more. Throws as the others. */
export async function makeResumable(deps: StoreDeps, id: string): Promise<boolean> {
  let there = false;
  await changing(deps, () => {
    const kept = recordOf(deps.homes, id);
    there = kept !== undefined && kept.end === undefined;
    if (kept !== undefined && there) write(deps.homes, { ...kept, resumable: true });
  });
  return there;
}

/** The login of this mark, under way or ended. Throws `unsafe_path`. */
export function findLogin(homes: Homes, mark: string): LoginRecord | undefined {
  return recordsIn(homes).find((record) => record.mark === mark);
}

/** The login of this id. Throws `usage` for what is no id, `unsafe_path`. */
export function loginOfId(homes: Homes, id: string): LoginRecord | undefined {
  pendingLoginFile(homes, id);
  return checkPrivateFolder(homes.beamd) === 'absent' ? undefined : recordOf(homes, id);
}

/** What goes on with a login that is under way. Undefined if there is none any more. Throws `bad_file`, `bad_key`, `decrypt_failed`, `unsafe_path`. */
export async function openPendingLogin({ homes, env }: Omit<Deps, 'clock'>, id: string): Promise<PendingLogin | undefined> {
  const path = pendingLoginFile(homes, id);
  if (checkPrivateFolder(homes.beamd) === 'absent') return undefined;
  const { sealed } = recordOf(homes, id) ?? {};
  if (sealed === undefined) return undefined;
  return parsePendingLogin(await createAgeStore(homes, env).open(titleOf(id), sealed), path);
}

/** There is one record of a mark. */
function removeOthers(homes: Homes, mark: string): void {
  for (const other of recordsIn(homes)) if (other.mark === mark) removeFile(pendingLoginFile(homes, other.id));
}

function titleOf(id: string): string {
  return `the login ${id}`;
}

/** Each change is made alone, and takes away what is over. */
async function changing(deps: StoreDeps, change: () => void): Promise<void> {
  const { homes, clock } = deps;
  for (const folder of [homes.beamd, locksFolder(homes), pendingLoginsFolder(homes)]) ensurePrivateFolder(folder);
  await withLock(
    loginsLock(homes),
    async () => {
      sweep(deps);
      change();
      return Promise.resolve();
    },
    { clock },
  );
}

function parsePendingLogin(json: string, path: string): PendingLogin {
  const file = FieldReader.of(parseJson(json, path), path);
  const optional = (name: string): string | undefined => file.optionalText(name) ?? undefined;
  return omitUndefined({
    program: file.text('program') === 'runbeam' ? 'runbeam' : 'beamd',
    server: file.text('server'),
    name: optional('name'),
    scope: optional('scope'),
    insecure: file.optionalFlag('insecure') ?? false,
    ca: optional('ca'),
    clientId: optional('clientId'),
    issuer: optional('issuer'),
    apiUrl: optional('apiUrl'),
    tokenUrl: file.text('tokenUrl'),
    code: new Secret(file.text('code')),
    controlPlane: optional('controlPlane'),
    userCode: optional('userCode'),
    verificationUri: file.text('verificationUri'),
    verificationUriComplete: optional('verificationUriComplete'),
    interval: file.number('interval'),
    expiresAt: file.number('expiresAt'),
  });
}

function write(homes: Homes, { id, mark, expiresAt, resumable, sealed, end }: Kept): void {
  const document = omitUndefined({ mark, expires_at: expiresAt, resumable, sealed, end });
  writeFileAtomic(pendingLoginFile(homes, id), `${JSON.stringify(document, null, 2)}\n`);
}

function recordsIn(homes: Homes): Kept[] {
  const folder = pendingLoginsFolder(homes);
  if (checkPrivateFolder(homes.beamd) === 'absent' || checkPrivateFolder(folder) === 'absent') return [];
  const ids = readdirSync(folder).map(loginIdOf);
  return ids.flatMap((id) => (id === undefined ? [] : (recordOf(homes, id) ?? [])));
}

/** Undefined where it is not there, and for what cannot be read: it was cut short, or is no work of ours. */
function recordOf(homes: Homes, id: string): Kept | undefined {
  const path = pendingLoginFile(homes, id);
  try {
    const value = readJsonFile(path);
    if (value === undefined) return undefined;
    const file = FieldReader.of(value, path);
    return omitUndefined({
      id,
      mark: file.text('mark'),
      expiresAt: file.number('expires_at'),
      resumable: file.optionalFlag('resumable') ?? false,
      sealed: file.optionalText('sealed') ?? undefined,
      end: file.members['end'] === undefined ? undefined : endOf(FieldReader.of(file.members['end'], path)),
    });
  } catch (error) {
    if (error instanceof BeamError && error.code === 'bad_file') return undefined;
    throw error;
  }
}

function endOf(file: FieldReader): LoginEnd {
  const kind = file.text('kind');
  if (kind === 'saved') {
    return omitUndefined({
      kind,
      key: file.text('key'),
      current: file.optionalFlag('current') ?? false,
      replaced: file.optionalFlag('replaced') ?? false,
      earlierSession: file.optionalText('earlierSession') ?? undefined,
      sessionEnds: file.optionalNumber('sessionEnds') ?? undefined,
    });
  }
  const code = file.text('code');
  const hint = parseHint(file.members['hint']);
  return omitUndefined({ kind: 'failed', code: isErrorCode(code) ? code : 'failed', message: file.text('message'), hint });
}

/** Removes every login whose code is over, and what cannot be read. */
function sweep({ homes, clock }: StoreDeps): void {
  const folder = pendingLoginsFolder(homes);
  const now = clock.now();
  sweepTemporary(folder, now);
  for (const id of readdirSync(folder).map(loginIdOf)) {
    if (id !== undefined && (recordOf(homes, id)?.expiresAt ?? 0) * 1000 <= now) removeFile(pendingLoginFile(homes, id));
  }
}
