/** Machine tokens on disk: binary age files, pretty JSON inside, as the Rust SDK keeps them (docs/contracts.md 4). */
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { BeamError } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { checkPrivateFolder, ensurePrivateFolder } from '../files/permissions.ts';
import { readSmallBytes, removeFile, removeFileBeside, writeFileBeside } from '../files/atomic-file.ts';
import { sweepTemporary } from '../files/temporary.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { parseJson } from '../formats/json-file.ts';
import {
  instanceFolder,
  machineTokenFile,
  olderMachineTokenFile,
  pendingTokenFile,
  previousTokenFile,
  type Homes,
  type StoreDeps,
} from '../paths.ts';
import { decrypt, encrypt } from '../secrets/age-identity.ts';
import { ensureInstanceFolder, type InstanceKey } from './instance-key.ts';

/** A gateway's 30-day machine token, in memory. Its JSON form is that of docs/contracts.md 4, with snake_case keys. */
export interface MachineToken {
  readonly machineToken: Secret;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly gatewayId: string;
  readonly gatewayCode?: string;
  readonly abilities: readonly string[];
  readonly issuedAt?: string;
}

/** Where current and where older SDKs look. */
const TOKEN_FILES = [machineTokenFile, olderMachineTokenFile];

/** Reads the JSON form. `source` names where it is from. Throws `bad_file`. */
export function parseMachineToken(json: string, source: string): MachineToken {
  const file = FieldReader.of(parseJson(json, source), source);
  return omitUndefined({
    machineToken: new Secret(file.text('machine_token')),
    expiresAt: file.text('expires_at'),
    gatewayId: file.text('gateway_id'),
    gatewayCode: file.optionalString('gateway_code') ?? undefined,
    abilities: file.optionalList('abilities', (item) => (typeof item === 'string' ? item : undefined)) ?? [],
    issuedAt: file.optionalString('issued_at') ?? undefined,
  });
}

async function seal(token: MachineToken, identity: Secret, more: Readonly<Record<string, string>> = {}): Promise<Buffer> {
  return Buffer.from(await encrypt(identity, JSON.stringify({ ...machineTokenJson(token), ...more }, null, 2)));
}

/** What is in the older place beside the token: then it goes with the one in the current place, and counts for nothing alone. */
const COPY = { copy_of: 'runbeam/auth.json' };

interface Opened {
  readonly token: MachineToken;
  readonly isCopy: boolean;
}

async function open(path: string, identities: readonly Secret[]): Promise<Opened | undefined> {
  const sealed = readSmallBytes(path);
  if (sealed === undefined) return undefined;
  const json = await decrypt(identities, sealed, path);
  const token = parseMachineToken(json, path);
  return { token, isCopy: FieldReader.of(parseJson(json, path), path).optionalString('copy_of') === COPY.copy_of };
}

function isFolderThere(homes: Homes, id: string): boolean {
  return checkPrivateFolder(homes.runbeam) === 'present' && checkPrivateFolder(instanceFolder(homes, id)) === 'present';
}

/**
 * Stores a token where current and where older SDKs look for it. Throws `bad_key`, `unsafe_path`, `storage`,
 * `storage_full`.
 */
export async function saveMachineToken(deps: StoreDeps, id: string, token: MachineToken, identity: Secret): Promise<void> {
  const { homes } = deps;
  ensureInstanceFolder(deps, id);
  ensurePrivateFolder(dirname(machineTokenFile(homes, id)));
  sweepTemporary(dirname(machineTokenFile(homes, id)), deps.clock.now());
  const [sealed, copy] = [await seal(token, identity), await seal(token, identity, COPY)];
  // One after the other: whoever is killed in between leaves the token where it counts, and never the copy alone.
  await writeFileBeside(machineTokenFile(homes, id), sealed);
  await writeFileBeside(olderMachineTokenFile(homes, id), copy);
}

/** Milliseconds since 1970; 0 for a time that is none. */
function expiry(token: MachineToken): number {
  const time = Date.parse(token.expiresAt);
  return Number.isNaN(time) ? 0 : time;
}

/** What may open a stored token. */
type Opener = Pick<InstanceKey, 'identity'> & Partial<Pick<InstanceKey, 'others'>>;

/**
 * The stored token of an instance: of the two places the one that lasts longer, since each may have been written by another
 * program. Our own copy counts only for one that is there and cannot be read: the Rust SDK replaces and clears the current one
 * alone. Undefined if there is none. Throws `unsafe_path`, and `decrypt_failed` or `bad_file` if neither can be read.
 */
export async function loadMachineToken(homes: Homes, id: string, key: Opener): Promise<MachineToken | undefined> {
  if (!isFolderThere(homes, id)) return undefined;
  const identities = [key.identity, ...(key.others ?? [])];
  const results = await Promise.allSettled(TOKEN_FILES.map((file) => open(file(homes, id), identities)));
  const opened = results.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []));
  const failed = results.find((one) => one.status === 'rejected');
  if (opened.length === 0 && failed !== undefined) throw failed.reason;
  const known = results[0]?.status === 'rejected' ? opened : opened.filter(({ isCopy }) => !isCopy);
  return known.map(({ token }) => token).sort((a, b) => expiry(b) - expiry(a))[0];
}

/** Whether the stored token is sealed to this very key. Throws `unsafe_path`, `bad_file`. */
export async function isSealedTo(homes: Homes, id: string, identity: Secret): Promise<boolean> {
  if (!isFolderThere(homes, id)) return false;
  try {
    return (await open(machineTokenFile(homes, id), [identity])) !== undefined;
  } catch (error) {
    if (error instanceof BeamError && error.code === 'decrypt_failed') return false;
    throw error;
  }
}

/** Whether a token is stored for an instance, readable or not. Throws `unsafe_path`, `not_found` for what is no id. */
export function hasMachineToken(homes: Homes, id: string): boolean {
  const paths = TOKEN_FILES.map((file) => file(homes, id));
  return isFolderThere(homes, id) && paths.some((path) => existsSync(path));
}

/** Forgets the stored token of an instance, and that of before an exchange of its key; whether one was in force. Throws `unsafe_path`, `not_found`, `storage`. */
export function clearMachineToken(homes: Homes, id: string): boolean {
  const paths = TOKEN_FILES.map((file) => file(homes, id));
  if (!isFolderThere(homes, id)) return false;
  removeFile(previousTokenFile(homes, id));
  return paths.map((path) => removeFile(path)).includes(true);
}

/** Keeps a token that was not delivered. `identity` is the store key. Throws as `saveMachineToken`. */
export async function savePendingToken(deps: StoreDeps, id: string, token: MachineToken, identity: Secret): Promise<void> {
  ensureInstanceFolder(deps, id);
  await writeFileBeside(pendingTokenFile(deps.homes, id), await seal(token, identity));
}

/** The token that was kept, if there is one. Throws `decrypt_failed`, `bad_file`, `unsafe_path`. */
export async function loadPendingToken(homes: Homes, id: string, identity: Secret): Promise<MachineToken | undefined> {
  return isFolderThere(homes, id) ? (await open(pendingTokenFile(homes, id), [identity]))?.token : undefined;
}

/** Forgets the token that was kept; whether there was one. Throws `unsafe_path`, `storage`. */
export async function clearPendingToken(homes: Homes, id: string): Promise<boolean> {
  return isFolderThere(homes, id) && (await removeFileBeside(pendingTokenFile(homes, id)));
}

/** Which files of machine tokens an instance has: two that differ were not written by the same write. */
export interface TokenMarks {
  readonly stored?: string;
  readonly pending?: string;
}

/** Looks at the files' names alone. Never throws: what cannot be looked at is not there. */
export function tokenMarks(homes: Homes, id: string): TokenMarks {
  return omitUndefined({ stored: fileMark(machineTokenFile(homes, id)), pending: fileMark(pendingTokenFile(homes, id)) });
}

/** Whether a token is kept that was not delivered. */
export const hasPendingToken = (homes: Homes, id: string): boolean => fileMark(pendingTokenFile(homes, id)) !== undefined;

/** As `stored` of `tokenMarks`, alone: for many instances. */
export function storedMark(homes: Homes, id: string): string | undefined {
  return fileMark(machineTokenFile(homes, id));
}

function fileMark(path: string): string | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats && `${String(stats.ino)} ${String(stats.mtimeMs)}`;
  } catch {
    return undefined;
  }
}

/** A machine token as docs/contracts.md 4 stores it and as `RUNBEAM_MACHINE_TOKEN` takes it. */
export interface MachineTokenJson {
  machine_token: string;
  /** RFC 3339. */
  expires_at: string;
  gateway_id: string;
  gateway_code?: string;
  abilities: readonly string[];
  issued_at?: string;
}

/** The JSON form. It reveals the token. */
export function machineTokenJson(token: MachineToken): MachineTokenJson {
  return omitUndefined({
    machine_token: token.machineToken.reveal(),
    expires_at: token.expiresAt,
    gateway_id: token.gatewayId,
    gateway_code: token.gatewayCode,
    abilities: token.abilities,
    issued_at: token.issuedAt,
  });
}
