/** Accounts as another tool writes them: enough to choose among, without a server or a login. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { randomToken } from '../../src/auth/auth.testing.ts';
import { accountsFolder } from '../../src/store/paths.ts';
import type { CliUser } from './cli-user.ts';

/** Writes an account file; `key` is its name without `.yaml`. Without `scopes` it is one of a self-hosted server. */
export function writeAccount(
  { homes }: Pick<CliUser, 'homes'>,
  key: string,
  { scopes, ...fields }: Readonly<Record<string, unknown>> & { readonly scopes?: readonly string[] } = {},
): void {
  const folder = accountsFolder(homes);
  for (const path of [homes.beamd, folder]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const [server] = key.split('@');
  const kind = scopes === undefined ? { kind: 'token' } : { kind: 'session', scopes };
  writeFileSync(join(folder, `${key}.yaml`), stringify({ server, ...kind, ...fields, token: randomToken() }), { mode: 0o600 });
}
