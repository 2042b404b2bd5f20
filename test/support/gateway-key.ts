/** A gateway whose key somebody has given, and what is kept of it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openWith, identityIn } from '../../sandbox/harmony/age.ts';
import type { HarmonyVersion } from '../../sandbox/harmony/versions.ts';
import { startHarmony, startRunbeamCloud, type Harmony, type RunbeamCloud } from '../../sandbox/testing.ts';
import type { Keep } from './cleanup.ts';
import { createCliUser, type CliUser } from './cli-user.ts';
import { succeeded } from './login.ts';

/** A cloud, a gateway `gw` of it, and whoever has added that. */
export interface KeyedGateway {
  readonly cloud: RunbeamCloud;
  readonly harmony: Harmony;
  readonly user: CliUser;
  readonly id: string;
  /** What is kept of the gateway. */
  readonly folder: string;
  /** Acts with a token of its own, in the process that is run: nobody goes on when that is killed. */
  readonly config: string;
}

export interface KeyedOptions {
  readonly version?: HarmonyVersion;
  readonly env?: Readonly<Record<string, string>>;
  /** How it gets its key. Default: one is made. */
  readonly key?: readonly string[];
}

export async function keyedGateway(
  keep: Keep,
  { version = '0.12', env = {}, key = ['--generate'] }: KeyedOptions = {},
): Promise<KeyedGateway> {
  const cloud = keep(await startRunbeamCloud());
  const harmony = keep(await startHarmony({ cloud: cloud.origin, version }));
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin, ...env } }));
  const config = join(user.work, 'ci.yaml');
  writeFileSync(config, `server: ${cloud.origin}\ntoken: ${await cloud.issueUserToken()}\n`, { mode: 0o600 });
  const added = succeeded(await user.runbeam('harmony:add', '-p', String(harmony.port), '-l', 'gw', '--json'));
  const id = /"id": ?"([0-9a-f]{8})"/.exec(added.stdout)?.[1] ?? '';
  succeeded(await user.runbeam('harmony:set-key', 'gw', ...key));
  return { cloud, harmony, user, id, folder: join(user.home, '.runbeam', id), config };
}

export function keyIn(path: string): string {
  const identity = identityIn(readFileSync(path, 'utf8'));
  if (identity === undefined) throw new Error(`there is no key in ${path}`);
  return identity;
}

/** What the stored token says, if the key opens it. */
export async function storedToken(
  { folder }: Pick<KeyedGateway, 'folder'>,
  file = 'runbeam/auth.json',
  key = 'encryption.key',
): Promise<unknown> {
  return JSON.parse(await openWith(keyIn(join(folder, key)), readFileSync(join(folder, file))));
}

/** What an exchange has left beside the key and the token. */
export const leftOf = ({ folder }: Pick<KeyedGateway, 'folder'>): string[] =>
  readdirSync(folder).filter((name) => /previous|rotation/.test(name));
