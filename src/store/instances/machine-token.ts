/** Machine tokens on disk: binary age files, pretty JSON inside, as the Rust SDK keeps them (docs/contracts.md 4). */
import { dirname } from 'node:path';
import * as v from 'valibot';
import { Secret } from '../../secret.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { checkPrivateFolder, ensurePrivateFolder } from '../files/permissions.ts';
import { readSmallBytes, removeFile, writeFileAtomic } from '../files/atomic-file.ts';
import { ensureInstanceFolder } from './instance-key.ts';
import { instanceFolder, machineTokenFile, olderMachineTokenFile, pendingTokenFile, type Homes } from '../paths.ts';
import { parseJsonFile } from '../formats/field-reader.ts';
import { check, text } from '../formats/schema.ts';
import { decrypt, encrypt } from '../secrets/age-identity.ts';

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

const schema = v.object({
  machine_token: text,
  expires_at: text,
  gateway_id: text,
  gateway_code: v.nullish(v.string()),
  abilities: v.nullish(v.array(v.string())),
  issued_at: v.nullish(v.string()),
});

/** Reads the JSON form. `what` names the source in the error. Throws `bad_file`. */
function parseMachineToken(json: string, what: string): MachineToken {
  const stored = check(schema, parseJsonFile(json, what), what);
  return omitUndefined({
    machineToken: new Secret(stored.machine_token),
    expiresAt: stored.expires_at,
    gatewayId: stored.gateway_id,
    gatewayCode: stored.gateway_code ?? undefined,
    abilities: stored.abilities ?? [],
    issuedAt: stored.issued_at ?? undefined,
  });
}

async function seal(token: MachineToken, identity: Secret): Promise<Buffer> {
  return Buffer.from(await encrypt(identity, JSON.stringify(machineTokenJson(token), null, 2)));
}

async function open(path: string, identity: Secret): Promise<MachineToken | undefined> {
  const sealed = readSmallBytes(path);
  return sealed === undefined ? undefined : parseMachineToken(await decrypt([identity], sealed, path), path);
}

function isFolderThere(homes: Homes, id: string): boolean {
  return checkPrivateFolder(homes.runbeam) === 'present' && checkPrivateFolder(instanceFolder(homes, id)) === 'present';
}

/** Stores a token where current and where older SDKs look for it. Throws `bad_key`, `storage`, `storage_full`. */
export async function saveMachineToken(homes: Homes, id: string, token: MachineToken, identity: Secret): Promise<void> {
  ensureInstanceFolder(homes, id);
  ensurePrivateFolder(dirname(machineTokenFile(homes, id)));
  const sealed = await seal(token, identity);
  writeFileAtomic(machineTokenFile(homes, id), sealed);
  writeFileAtomic(olderMachineTokenFile(homes, id), sealed);
}

/** Milliseconds since 1970; 0 for a time that is none. */
function expiry(token: MachineToken): number {
  const time = Date.parse(token.expiresAt);
  return Number.isNaN(time) ? 0 : time;
}

/**
 * The stored token of an instance: of the two places the one that lasts longer, since each may have been written by
 * another program. Undefined if there is none. Throws `decrypt_failed` and `bad_file` if neither can be read.
 */
export async function loadMachineToken(homes: Homes, id: string, identity: Secret): Promise<MachineToken | undefined> {
  if (!isFolderThere(homes, id)) return undefined;
  const paths = [machineTokenFile(homes, id), olderMachineTokenFile(homes, id)];
  const results = await Promise.allSettled(paths.map((path) => open(path, identity)));
  const tokens = results.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []));
  const failed = results.find((one) => one.status === 'rejected');
  if (tokens.length === 0 && failed !== undefined) throw failed.reason;
  return tokens.sort((a, b) => expiry(b) - expiry(a))[0];
}

/** Keeps a token that was not delivered. `identity` is the store key. Throws as `saveMachineToken`. */
export async function savePendingToken(homes: Homes, id: string, token: MachineToken, identity: Secret): Promise<void> {
  ensureInstanceFolder(homes, id);
  writeFileAtomic(pendingTokenFile(homes, id), await seal(token, identity));
}

/** Throws `decrypt_failed`, `bad_file`. */
export async function loadPendingToken(homes: Homes, id: string, identity: Secret): Promise<MachineToken | undefined> {
  return isFolderThere(homes, id) ? open(pendingTokenFile(homes, id), identity) : undefined;
}

/** Whether there was one. Throws `storage`. */
export function clearPendingToken(homes: Homes, id: string): boolean {
  return isFolderThere(homes, id) && removeFile(pendingTokenFile(homes, id));
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
