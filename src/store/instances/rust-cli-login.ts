/** The user login of the Rust CLI (docs/contracts.md 4). It is read once to be imported, and never written. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { variable, type Env } from '../../environment.ts';
import { Secret } from '../../secret.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { checkPrivateFolder } from '../files/permissions.ts';
import { readSmallBytes } from '../files/atomic-file.ts';
import { rustCliFolder, rustCliPlainFile, type Homes } from '../paths.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { parseJson } from '../formats/json-file.ts';
import { decrypt, parseIdentity } from '../secrets/age-identity.ts';
import { readKeyFile } from '../secrets/key-file.ts';

export interface RustCliLogin {
  /** The file it was read from. */
  readonly path: string;
  readonly token: Secret;
  /** Unix seconds. */
  readonly expiresAt?: number;
  readonly user?: { readonly id?: string; readonly name?: string; readonly email?: string };
}

function parse(json: string, path: string): RustCliLogin {
  const file = FieldReader.of(parseJson(json, path), path);
  const user = file.optionalObject('user');
  return omitUndefined({
    path,
    token: new Secret(file.text('token')),
    expiresAt: file.optionalNumber('expires_at') ?? undefined,
    user: user && parseUser(user),
  });
}

function parseUser(user: FieldReader): RustCliLogin['user'] {
  return omitUndefined({
    id: user.optionalId('id') ?? undefined,
    name: user.optionalString('name') ?? undefined,
    email: user.optionalString('email') ?? undefined,
  });
}

function keys(folder: string, env: Env): Secret[] {
  const value = variable(env, 'RUNBEAM_ENCRYPTION_KEY');
  const fromEnv = value === undefined ? undefined : parseIdentity(value, 'RUNBEAM_ENCRYPTION_KEY');
  return [fromEnv, readKeyFile(join(folder, 'encryption.key'))].filter((key) => key !== undefined);
}

/**
 * The login that the Rust CLI left, from the first of its places that has one: the current encrypted one, the older
 * encrypted one, the plain one of the first versions. Undefined if there is none, expired ones included as they are.
 * Throws `decrypt_failed`, `bad_file`, `bad_key`, `unsafe_path`.
 */
export async function readRustCliLogin(homes: Homes, env: Env): Promise<RustCliLogin | undefined> {
  if (checkPrivateFolder(homes.runbeam) === 'absent') return undefined;
  const folder = rustCliFolder(homes);
  for (const path of sealedFiles(folder)) {
    const sealed = readSmallBytes(path);
    if (sealed !== undefined) return parse(await decrypt(keys(folder, env), sealed, path), path);
  }
  const path = rustCliPlainFile(homes);
  const plain = readSmallBytes(path);
  return plain === undefined ? undefined : parse(plain.toString('utf8'), path);
}

/** Those of its files that are there. */
export function rustCliLoginFiles(homes: Homes): string[] {
  return [...sealedFiles(rustCliFolder(homes)), rustCliPlainFile(homes)].filter((path) => existsSync(path));
}

function sealedFiles(folder: string): string[] {
  return [join(folder, 'runbeam', 'user_auth.json'), join(folder, 'user_auth.json')];
}
