/** The last step of every login: the account file, and `current` for the first account. */
import { settingsOf } from '../../agent/protocol/surroundings.ts';
import type { Session } from '../../auth/dialect/dialect.ts';
import { updateGlobalConfig } from '../../store/config/beamd-config.ts';
import { accountTitle } from '../../hints.ts';
import { formatAccountRef, type AccountRef } from '../../store/account-key.ts';
import { accountFile } from '../../store/paths.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { isDangling, keyOfCurrent, readCurrentAccount, refOf } from '../target/settings.ts';
import { hasScope } from '../target/target.ts';
import type { SaveContext, SavedLogin } from './types.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** What is kept of a session that was just obtained. */
export function newCredential(
  { clock }: Pick<Context, 'clock'>,
  session: Pick<Session, 'accessToken' | 'refreshToken' | 'expiresAt'>,
): Credential {
  return omitUndefined({
    accessToken: session.accessToken,
    issuedAt: Math.floor(clock.now() / 1000),
    refreshToken: session.refreshToken,
    expiresAt: session.expiresAt,
  });
}

/** The default scope that an earlier login to the same server had, if the account still has it. */
export async function earlierDefault({ accounts }: SaveContext, account: Account): Promise<string | undefined> {
  const chosen = (await accounts.readIfSound(account.key))?.defaultScope;
  return hasScope(account, chosen) ? chosen : undefined;
}

/** Writes the account, and warns where its secrets can be read. Throws as `AccountStore.save`. */
export async function keepLogin(context: SaveContext, account: Account, credential: Credential): Promise<Account> {
  const network = settingsOf(context.env);
  const saved = await context.accounts.save(network === '' ? account : { ...account, network }, credential);
  if (saved.storage === 'plain') {
    const path = accountFile(context.homes, saved.key);
    context.warn(`${path} holds the secrets of this login in plain text`);
  }
  return saved;
}

/**
 * Saves, and makes the first account the current one. The credential of an earlier login to the same server is replaced,
 * not revoked, and that is said. Throws as `AccountStore.save`.
 */
export async function saveLogin(context: SaveContext, account: Account, credential: Credential): Promise<SavedLogin> {
  const earlier = await context.accounts.readIfSound(account.key);
  const typedAs = mergedNames(earlier, account);
  const saved = await keepLogin(context, omitUndefined({ ...account, typedAs }), credential);
  if (earlier !== undefined && earlier.endedAt === undefined) {
    const who = earlier.user === undefined ? '' : ` of ${printable(earlier.user)}`;
    context.warn(`Replaced the earlier login${who} on ${accountTitle(account)}; it was not revoked and ends by itself`);
  }
  const current = await makeCurrentIfFirst(context, saved);
  const currentAccount = await otherCurrent(context, saved);
  return omitUndefined({ account: saved, current, replaced: earlier !== undefined, currentAccount });
}

/** Which account commands go on to use, where it is another one. */
async function otherCurrent({ homes }: SaveContext, account: Account): Promise<AccountRef | undefined> {
  const current = await readCurrentAccount(homes);
  return current === undefined || keyOfCurrent(current) === account.key ? undefined : refOf(current);
}

/** More names than these for one server are somebody's test. */
const MOST_NAMES = 8;

/** Every name that was typed at a login goes on to work. */
function mergedNames(earlier: Account | undefined, { typedAs = [] }: Account): readonly string[] | undefined {
  const names = [...new Set([...(earlier?.typedAs ?? []), ...typedAs])];
  return names.length === 0 ? undefined : names.slice(-MOST_NAMES);
}

/** A current account that is not there any more is none. */
async function makeCurrentIfFirst({ accounts, homes, clock }: SaveContext, account: Account): Promise<boolean> {
  const before = await readCurrentAccount(homes);
  if (before !== undefined && !(await isDangling({ accounts }, before))) return false;
  let won = false;
  await updateGlobalConfig({ homes, clock }, (config) => {
    won = config.current === before?.text;
    return won ? { ...config, current: formatAccountRef(account) } : config;
  });
  return won;
}
