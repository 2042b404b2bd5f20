/** The user login of the Rust CLI (docs/contracts.md 4). It is read once to be imported, and never written. */
import { join } from 'node:path';
import * as v from 'valibot';
import { Secret } from '../../secret.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { checkPrivateFolder } from '../files/permissions.ts';
import { readSmallBytes } from '../files/atomic-file.ts';
import { instanceFolder, type Homes } from '../paths.ts';
import { type Env } from '../../environment.ts';
import { parseJsonFile } from '../formats/field-reader.ts';
import { check, seconds, text } from '../formats/schema.ts';
import { decrypt, parseIdentity } from '../secrets/age-identity.ts';
import { readKeyFile } from '../secrets/key-file.ts';

export interface LegacyLogin {
  /** The file it was read from. */
  readonly path: string;
  readonly token: Secret;
  /** Unix seconds. */
  readonly expiresAt?: number;
  readonly user?: { readonly id?: string; readonly name?: string; readonly email?: string };
}

const optionalText = v.nullish(v.string());
const schema = v.object({
  token: text,
  expires_at: v.nullish(seconds),
  user: v.nullish(v.object({ id: v.nullish(v.union([v.string(), v.number()])), name: optionalText, email: optionalText })),
});

function parse(json: string, path: string): LegacyLogin {
  const stored = check(schema, parseJsonFile(json, path), path);
  const id = stored.user?.id ?? undefined;
  return omitUndefined({
    path,
    token: new Secret(stored.token),
    expiresAt: stored.expires_at ?? undefined,
    user: stored.user
      ? omitUndefined({
          id: id === undefined ? undefined : String(id),
          name: stored.user.name ?? undefined,
          email: stored.user.email ?? undefined,
        })
      : undefined,
  });
}

function keys(folder: string, env: Env): Secret[] {
  const value = env['RUNBEAM_ENCRYPTION_KEY'];
  const fromEnv = value === undefined || value === '' ? undefined : parseIdentity(value, 'RUNBEAM_ENCRYPTION_KEY');
  return [fromEnv, readKeyFile(join(folder, 'encryption.key'))].filter((key) => key !== undefined);
}

/**
 * The login that the Rust CLI left, from the first of its places that has one: the current encrypted one, the older
 * encrypted one, the plain one of the first versions. Undefined if there is none, expired ones included as they are.
 * Throws `decrypt_failed`, `bad_file`, `bad_key`, `unsafe_path`.
 */
export async function readLegacyLogin(homes: Homes, env: Env): Promise<LegacyLogin | undefined> {
  if (checkPrivateFolder(homes.runbeam) === 'absent') return undefined;
  const folder = instanceFolder(homes, 'runbeam-cli');
  for (const path of [join(folder, 'runbeam', 'user_auth.json'), join(folder, 'user_auth.json')]) {
    const sealed = readSmallBytes(path);
    if (sealed !== undefined) return parse(await decrypt(keys(folder, env), sealed, path), path);
  }
  const path = join(homes.runbeam, 'auth.json');
  const plain = readSmallBytes(path);
  return plain === undefined ? undefined : parse(plain.toString('utf8'), path);
}
