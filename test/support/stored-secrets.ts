/** What is secret in a home, read as another program would read it. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Decrypter, armor } from 'age-encryption';
import { parse } from 'yaml';
import type { CliUser } from './cli-user.ts';

/** Every secret in the account files, decrypted as the age program would. */
export async function storedSecrets(user: CliUser): Promise<string[]> {
  const folder = join(user.home, '.beamd/accounts');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identityIn(join(user.home, '.beamd/encryption.key')));
  const found: string[] = [];
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.yaml'))) {
    const document: unknown = parse(readFileSync(join(folder, name), 'utf8'));
    if (typeof document !== 'object' || document === null || !('secret' in document)) throw new Error(`${name} has no secret`);
    const plain: unknown = JSON.parse(await decrypter.decrypt(armor.decode(String(document.secret)), 'text'));
    if (typeof plain !== 'object' || plain === null) throw new Error(`${name} holds no credential`);
    found.push(...Object.values(plain).filter((value): value is string => typeof value === 'string'));
  }
  return found;
}

/** The age identity in a key file, as it is or in base64. */
export function identityIn(path: string): string {
  const text = readFileSync(path, 'utf8');
  const raw = /AGE-SECRET-KEY-1\w+/.exec(text) ?? /AGE-SECRET-KEY-1\w+/.exec(Buffer.from(text, 'base64').toString());
  if (raw === null) throw new Error(`no identity in ${path}`);
  return raw[0];
}
