/** The last step of every login: the account file, and `current` for the first account. */
import type { Session } from '../../auth/dialect/dialect.ts';
import type { Clock } from '../../clock.ts';
import { readGlobalConfig, updateGlobalConfig } from '../../store/config/beamd-config.ts';
import { accountFile } from '../../store/paths.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import type { SavedLogin } from './types.ts';
import { hasOrg } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/**
 * Tries out the place where the login will be kept: an approved login must not be lost to a full disk or to a keyring
 * that does not answer. Throws `storage`, `storage_full`, `bad_key`.
 */
export async function probeStorage(key: string, { accounts }: Context): Promise<void> {
  await accounts.prepare(key);
}

export function credentialOf(session: Session, clock: Clock): Credential {
  return omitUndefined({
    accessToken: session.accessToken,
    issuedAt: Math.floor(clock.now() / 1000),
    refreshToken: session.refreshToken,
    expiresAt: session.expiresAt,
  });
}

/** The default org that an earlier login to the same server had, if the account still has it. */
export async function earlierDefault(account: Account, { accounts }: Context): Promise<string | undefined> {
  const chosen = (await accounts.read(account.key))?.defaultScope;
  return hasOrg(account, chosen) ? chosen : undefined;
}

/** Writes the account, and warns where its secrets can be read. */
export async function keepLogin(account: Account, credential: Credential, context: Context): Promise<Account> {
  const saved = await context.accounts.save(account, credential);
  if (saved.storage === 'plain') {
    const path = accountFile(context.homes, saved.key);
    context.notify(`Warning: ${path} holds the secrets of this login in plain text`);
  }
  return saved;
}

/** Saves. The credential of an earlier login to the same server is replaced, not revoked, and that is said. */
export async function saveLogin(account: Account, credential: Credential, context: Context): Promise<SavedLogin> {
  const earlier = await context.accounts.read(account.key);
  const saved = await keepLogin(account, credential, context);
  if (earlier !== undefined && earlier.endedAt === undefined) {
    const who = earlier.user === undefined ? '' : ` of ${printable(earlier.user)}`;
    context.notify(`Replaced the earlier login${who} on ${account.server}; it was not revoked and ends by itself`);
  }
  const current = await makeCurrentIfFirst(saved, context);
  return { account: saved, current, replaced: earlier !== undefined };
}

async function makeCurrentIfFirst(account: Account, context: Context): Promise<boolean> {
  if ((await readGlobalConfig(context.homes)).current !== undefined) return false;
  let won = false;
  await updateGlobalConfig(context, (config) => {
    won = config.current === undefined;
    return won ? { ...config, current: account.server } : config;
  });
  return won;
}
