/** Secrets in files that are made to be shared: refused by the names of keys, before anything is parsed. */
import { BeamError } from '../../errors.ts';
import { printable } from '../../text.ts';

const SECRET = /(?:^|_)(?:token|secret|passw(?:or)?d|passphrase|credential|(?:api|private|access|encryption)_?key)s?$/u;
const KEY_IN_LINE = /^[\s{,?-]*["']?([\w.-]+)["']?\s*:/u;

/** Whether a key with this name holds a secret. */
export function isSecretName(key: string): boolean {
  // accessToken and access-token are names for it, too.
  const name = key
    .replaceAll(/([a-z\d])([A-Z])/gu, '$1_$2')
    .replaceAll(/[-.]/gu, '_')
    .toLowerCase();
  return SECRET.test(name);
}

/** `secret_in_project`. The secret itself is not in it. */
export function secretFound(path: string, line: number, key: string): BeamError {
  return new BeamError('secret_in_project', `${path}:${String(line)} holds a secret (\`${printable(key, 40)}\`)`, {
    hint: { text: `Remove line ${String(line)} of ${path} and revoke the secret, for the file is made to be shared` },
  });
}

/** A file with a secret is refused even if it is not valid. Throws `secret_in_project`. */
export function refuseSecretLines(text: string, path: string): void {
  for (const [index, line] of text.split('\n').entries()) {
    const key = KEY_IN_LINE.exec(line)?.[1];
    if (key !== undefined && isSecretName(key)) throw secretFound(path, index + 1, key);
  }
}
