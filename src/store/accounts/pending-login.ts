/** Logins that were begun and not waited for: a file each, sealed as an account's secret is, and gone with its code. */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import { removeFile, writeFileAtomic } from '../files/atomic-file.ts';
import { checkPrivateFolder, ensurePrivateFolder } from '../files/permissions.ts';
import { sweepTemporary } from '../files/temporary.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { parseJson, readJsonFile } from '../formats/json-file.ts';
import { loginIdOf, pendingLoginFile, pendingLoginsFolder, type Homes, type StoreDeps } from '../paths.ts';
import { createAgeStore } from '../secrets/secret-stores.ts';
import type { Env } from '../../environment.ts';

/** What a login needs to be gone on with. */
export interface PendingLogin {
  /** `Server.name` of the server that was asked. */
  readonly server: string;
  /** Name of the account that it will be. */
  readonly name?: string;
  readonly scope?: string;
  readonly insecure: boolean;
  readonly clientId?: string;
  readonly issuer?: string;
  /** Where the code came from, and the only place where it may go. */
  readonly tokenUrl: string;
  readonly code: Secret;
  readonly userCode?: string;
  readonly verificationUri: string;
  readonly verificationUriComplete?: string;
  /** Seconds between polls. */
  readonly interval: number;
  /** Unix seconds. */
  readonly expiresAt: number;
}

type Deps = StoreDeps & { readonly env: Env };

/** Keeps a login, and gives the id by which it is found again. Throws `bad_key`, `storage`, `storage_full`, `unsafe_path`. */
export async function savePendingLogin(deps: Deps, login: PendingLogin): Promise<string> {
  const { homes, env } = deps;
  const id = randomBytes(8).toString('hex');
  const { code, ...rest } = login;
  const sealed = await createAgeStore(homes, env).seal(titleOf(id), JSON.stringify({ ...rest, code: code.reveal() }));
  ensurePrivateFolder(homes.beamd);
  ensurePrivateFolder(pendingLoginsFolder(homes));
  sweepPendingLogins(deps);
  writeFileAtomic(pendingLoginFile(homes, id), `${JSON.stringify({ expires_at: login.expiresAt, sealed }, null, 2)}\n`);
  return id;
}

function titleOf(id: string): string {
  return `the login ${id}`;
}

/** A login that was kept, over or not; undefined if there is none. Throws `usage`, `bad_file`, `decrypt_failed`, `unsafe_path`. */
export async function readPendingLogin({ homes, env }: Omit<Deps, 'clock'>, id: string): Promise<PendingLogin | undefined> {
  const path = pendingLoginFile(homes, id);
  if (checkPrivateFolder(homes.beamd) === 'absent') return undefined;
  const value = readJsonFile(path);
  if (value === undefined) return undefined;
  const sealed = FieldReader.of(value, path).text('sealed');
  return parsePendingLogin(await createAgeStore(homes, env).open(titleOf(id), sealed), path);
}

function parsePendingLogin(json: string, path: string): PendingLogin {
  const file = FieldReader.of(parseJson(json, path), path);
  return omitUndefined({
    server: file.text('server'),
    name: file.optionalText('name') ?? undefined,
    scope: file.optionalText('scope') ?? undefined,
    insecure: file.optionalFlag('insecure') ?? false,
    clientId: file.optionalText('clientId') ?? undefined,
    issuer: file.optionalText('issuer') ?? undefined,
    tokenUrl: file.text('tokenUrl'),
    code: new Secret(file.text('code')),
    userCode: file.optionalText('userCode') ?? undefined,
    verificationUri: file.text('verificationUri'),
    verificationUriComplete: file.optionalText('verificationUriComplete') ?? undefined,
    interval: file.number('interval'),
    expiresAt: file.number('expiresAt'),
  });
}

/** Forgets a login. Throws `usage`, `storage`. */
export function removePendingLogin(homes: Homes, id: string): void {
  removeFile(pendingLoginFile(homes, id));
}

/** Removes every login whose code is over, and what cannot be read. */
function sweepPendingLogins({ homes, clock }: StoreDeps): void {
  const folder = pendingLoginsFolder(homes);
  const now = clock.now();
  sweepTemporary(folder, now);
  for (const name of readdirSync(folder)) {
    const id = loginIdOf(name);
    if (id !== undefined && endOf(homes, id) * 1000 <= now) removePendingLogin(homes, id);
  }
}

/** Unix seconds; 0 for what cannot be read. */
function endOf(homes: Homes, id: string): number {
  try {
    const path = pendingLoginFile(homes, id);
    return FieldReader.of(readJsonFile(path), path).number('expires_at');
  } catch (error) {
    if (error instanceof BeamError) return 0;
    throw error;
  }
}
