/** The last step of every login: the account file, and `current` for the first account. */
import { settingsOf } from '../../agent/protocol/surroundings.ts';
import type { Session } from '../../auth/dialect/dialect.ts';
import { updateGlobalConfig } from '../../store/config/beamd-config.ts';
import { accountTitle } from '../../hints.ts';
import { formatAccountRef, type AccountRef } from '../../store/account-key.ts';
import { accountFile } from '../../store/paths.ts';
import type { Account, Credential, WholeAccount } from '../../store/accounts/account.ts';
import { withNewTime } from '../../store/accounts/passphrase-lock.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { isDangling, keyOfCurrent, readCurrentAccount, refOf } from '../target/settings.ts';
import { hasScope } from '../target/target.ts';
import type { Left } from '../waiting.ts';
import { readable, revoke, settled } from './logout.ts';
import type { EarlierSession, SaveContext, SavedLogin } from './types.ts';
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

/** A login that was saved, and what became of the session of the one before it. */
export interface KeptLogin {
  readonly account: Account;
  readonly earlierSession?: EarlierSession;
}

/**
 * Writes the account, and warns where its secrets can be read. Once the new session is safe the one before it is revoked, as
 * well as that can be done, and said. Throws as `AccountStore.save`.
 */
export async function keepLogin(context: SaveContext, account: Account, credential: Credential): Promise<KeptLogin> {
  const network = settingsOf(context.env);
  const earlier = await earlierLogin(context, account.key);
  // Whoever wants it to lock itself still does: a login anew must not undo that unseen.
  const whole: WholeAccount = (login, before) =>
    withNewTime(omitUndefined({ ...login, autoLock: before?.autoLock, confirm: before?.confirm }), context.clock.now() / 1000);
  const given = omitUndefined({ ...account, network: network === '' ? undefined : network });
  const saved = await context.accounts.save(given, credential, whole);
  if (saved.autoLock !== undefined) {
    context.notify(`The account on ${accountTitle(saved)} locks itself, as before; beamd agent lock --never takes that back`);
  }
  if (saved.storage === 'plain') {
    const path = accountFile(context.homes, saved.key);
    context.warn(`${path} holds the secrets of this login in plain text`);
  }
  if (earlier === undefined) return { account: saved };
  return omitUndefined({ account: saved, earlierSession: await endEarlier(context, earlier, credential) });
}

interface EarlierLogin {
  readonly account: Account;
  readonly credential: Credential | 'none' | 'unreadable';
}

/** The login that a new one takes the place of; undefined where there is none that is still good. */
export async function earlierLogin({ accounts }: Pick<SaveContext, 'accounts'>, key: string): Promise<EarlierLogin | undefined> {
  const account = await accounts.readIfSound(key);
  if (account === undefined || account.endedAt !== undefined) return undefined;
  return { account, credential: await readable(() => accounts.credential(account)) };
}

async function endEarlier(
  context: SaveContext,
  { account, credential }: EarlierLogin,
  fresh: Credential,
): Promise<EarlierSession | undefined> {
  const title = accountTitle(account);
  if (account.kind === 'token') {
    context.notify(`Replaced the earlier token for ${title}`);
    return undefined;
  }
  const session = await outcomeOf(context, account, credential, fresh);
  const who = account.user === undefined ? '' : ` of ${printable(account.user)}`;
  const line = `Replaced the earlier login${who} on ${title}; ${AFTERWARDS[session]}`;
  if (session === 'revoked') context.notify(line);
  else context.warn(line);
  return session;
}

/** Whatever can have become of it. */
export const EARLIER_SESSIONS: readonly EarlierSession[] = ['revoked', 'unsupported', 'unreachable', 'unreadable'];

const AFTERWARDS: Readonly<Record<EarlierSession, string>> = {
  revoked: 'its session was revoked',
  unsupported: 'the server revokes none, so its session ends by itself',
  unreachable: 'its session could not be revoked and ends by itself',
  unreadable: 'its session could not be read to be revoked, and ends by itself',
};

async function outcomeOf(
  context: SaveContext,
  account: Account,
  credential: EarlierLogin['credential'],
  fresh: Credential,
): Promise<EarlierSession> {
  if (typeof credential === 'string') return 'unreadable';
  // A server may give out one session twice: to revoke it would end the new login.
  if (sharesToken(credential, fresh)) return 'unsupported';
  const left = (): Left => ({ message: 'you are logged in, and the earlier session was not revoked' });
  const line = `Revoking the earlier session on ${account.server}`;
  return context.waiting({ line, left }, () => revoke(context, account, credential));
}

/** Whether two credentials are of one session. */
export function sharesToken(one: Credential, other: Credential): boolean {
  if (one.accessToken.reveal() === other.accessToken.reveal()) return true;
  return one.refreshToken !== undefined && one.refreshToken.reveal() === other.refreshToken?.reveal();
}

/** Saves, and makes the first account the current one. Throws as `keepLogin`. */
export async function saveLogin(context: SaveContext, account: Account, credential: Credential): Promise<SavedLogin> {
  const earlier = await context.accounts.readIfSound(account.key);
  const typedAs = mergedNames(earlier, account);
  const kept = await keepLogin(context, omitUndefined({ ...account, typedAs }), credential);
  const chosen = await settled(context, 'logged in', () => settleCurrent(context, kept.account), { current: false });
  return omitUndefined({ ...kept, replaced: earlier !== undefined, ...chosen });
}

async function settleCurrent(context: SaveContext, account: Account): Promise<Pick<SavedLogin, 'current' | 'currentAccount'>> {
  const current = await makeCurrentIfFirst(context, account);
  return omitUndefined({ current, currentAccount: await otherCurrent(context, account) });
}

/** Which account commands go on to use, where it is another one. */
export async function otherCurrent({ homes }: Pick<SaveContext, 'homes'>, account: Account): Promise<AccountRef | undefined> {
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
