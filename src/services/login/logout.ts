/** `beamd logout`: revoke on the server, stop the agent, delete what is kept here. */
import type { RevokeOutcome } from '../../auth/dialect/dialect.ts';
import { sessionDialect } from '../../auth/session-dialect.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import { updateGlobalConfig } from '../../store/config/beamd-config.ts';
import type { Account, Credential, AccountProblem } from '../../store/accounts/account.ts';
import type { Context } from '../context.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { accountOfKey, formatAccountRef, type AccountName, type AccountRef } from '../../store/account-key.ts';
import { readSmallFile } from '../../store/files/atomic-file.ts';
import { askAccount, chooseAccount, isNamed } from '../target/ask-account.ts';
import { withoutToken } from '../target/handed-on.ts';
import { selectAccount, selectTarget, type TargetContext, type TargetInput } from '../target/ladder.ts';
import { notLoggedIn } from '../target/refusals.ts';
import { isDangling, readCurrentAccount, refOf, settingsOf } from '../target/settings.ts';
import { isEdge, namesOf, refuseNoAccount } from '../target/target.ts';
import type { Left } from '../waiting.ts';

export type LogoutContext = Pick<Context, 'accounts' | 'agents' | 'clock' | 'homes' | 'http' | 'waiting' | 'warn'>;

export interface LogoutInput extends TargetInput {
  /** Every edge account, in place of the one that the ladder finds. */
  readonly all: boolean;
}

export interface LoggedOut {
  readonly server: string;
  /** Name of the account, where it had one. */
  readonly name?: AccountName;
  readonly user?: string;
  /**
   * What became of the session on the server. `none`: there was nothing left to revoke. `unreadable`: the secret that
   * revokes it could not be read.
   */
  readonly session: RevokeOutcome | 'none' | 'unreadable';
  /** Unix seconds until which a session that was not revoked lives; absent if it does not end by itself. */
  readonly expiresAt?: number;
  readonly kind: Account['kind'];
  readonly agentStopped: boolean;
  /** What became of the account's entry in the OS keyring; absent if it had none. */
  readonly keyring?: 'deleted' | 'left';
}

export interface LogoutResult {
  readonly accounts: readonly LoggedOut[];
  /** The current account afterwards. */
  readonly current?: AccountRef;
  /** Several accounts are left and none is current: which one acts next is not for a logout to say. */
  readonly undecided: boolean;
}

type ChoosingContext = LogoutContext & TargetContext & Pick<Context, 'choose'>;

/** What is to be ended: an account, or the file of one that is too broken to be read. */
type Ending = Account | { readonly key: string };

/**
 * Throws `login_required` when there is no such account, `usage` where several fit and nobody can be asked; trouble with a
 * server is reported, never an error.
 */
export async function logout(context: ChoosingContext, input: LogoutInput): Promise<LogoutResult> {
  const chosen = input.all ? await allEdges(context) : [await oneAccount(context, input)];
  if (chosen.length === 0) {
    throw new BeamError('login_required', 'You are not logged in anywhere', { hint: { command: 'beamd login' } });
  }
  const accounts: LoggedOut[] = [];
  for (const [index, ending] of chosen.entries()) {
    const progress = chosen.length === 1 ? '' : ` (${String(index + 1)}/${String(chosen.length)})`;
    const left = (): Left => leftBehind(accounts, chosen.slice(accounts.length));
    accounts.push(
      await context.waiting({ line: `Logging out of ${titleOf(ending)}${progress}`, left }, () => logOutOf(context, ending)),
    );
  }
  return { accounts, ...(await settled(context, 'logged out', () => moveCurrentOn(context), { undecided: false })) };
}

const namesOfEnding = (ending: Ending): AccountRef => ('server' in ending ? namesOf(ending) : accountOfKey(ending.key));

const titleOf = (ending: Ending): string => accountTitle(namesOfEnding(ending));

/** A logout is begun with the first of `others`: whether its server has revoked the session, it has not said. */
function leftBehind(done: readonly LoggedOut[], [begun, ...others]: readonly Ending[]): Left {
  const ended = done.map((account) => accountTitle(account));
  if (begun === undefined) return { message: `you are logged out of ${ended.join(', ')}` };
  const so = ended.length === 0 ? 'you are not logged out' : `you are logged out of ${ended.join(', ')}, but not`;
  const rest = others.length === 0 ? '' : `, nor of ${others.map(titleOf).join(', ')}`;
  return {
    message: `${so} of ${titleOf(begun)}, whose session there may be revoked and is still stored here${rest}`,
    hint: { command: others.length === 0 ? `beamd logout ${accountWords(namesOfEnding(begun))}` : 'beamd logout --all' },
  };
}

/** The account that the ladder finds. A wrong guess would end somebody's session: among several it has to be named. */
async function oneAccount(context: ChoosingContext, input: LogoutInput): Promise<Ending> {
  refuseNoAccount(input, 'beamd logout');
  const own = withoutToken(context);
  const settings = settingsOf(own);
  const target = await selectTarget(own, input, settings).catch((error: unknown) => askAmongAll(context, error));
  if ('key' in target) return target;
  const { server } = target;
  const selected = await selectAccount(own, input, server, settings);
  const { among } = selected;
  const sure = among.length < 2 || (isNamed(selected) && !(input.server !== undefined && selected.source.kind === 'current'));
  const key = sure
    ? selected.key
    : await askAccount(context, server.value, among, `Log out of which account on ${server.value.name}?`);
  if (!among.includes(key)) throw notLoggedIn(server, selected);
  return (await context.accounts.readIfSound(key)) ?? { key };
}

/** Where nothing says which of several servers is meant, the account that is chosen on the terminal. Throws `error` for all else. */
async function askAmongAll(context: ChoosingContext, error: unknown): Promise<Account> {
  if (!(error instanceof BeamError) || error.code !== 'no_server') throw error;
  const edges = (await context.accounts.list()).accounts.filter(isEdge);
  const chosen = await chooseAccount(context, edges, 'Log out of which account?');
  if (chosen !== undefined) return chosen;
  throw new BeamError('no_server', error.message, { hint: { command: 'beamd logout --server HOST' }, cause: error });
}

/** Every edge account, broken ones too; the user is told of what stays. */
async function allEdges(context: LogoutContext): Promise<Ending[]> {
  const { accounts, problems } = await context.accounts.list();
  const broken: Ending[] = [];
  for (const problem of problems) {
    const { key, path, message } = problem;
    if (key !== undefined && !isCloudFile(problem)) broken.push({ key });
    else context.warn(`Not logged out of ${path}, which stays: ${message}`);
  }
  return [...accounts.filter(isEdge), ...broken];
}

/** Whether a file that cannot be read says that it is of `runbeam`, whose login `beamd` does not end. */
function isCloudFile({ path }: AccountProblem): boolean {
  try {
    return /^provider:\s*["']?runbeam\b/mu.test(readSmallFile(path) ?? '');
  } catch {
    return false;
  }
}

/**
 * Ends the login of one account: its agent, its session on the server, what is kept here. Throws `busy` and what the lock
 * of an account throws; trouble with the server or the keyring is reported, never an error.
 */
export async function logOutOf(context: LogoutContext, ending: Ending): Promise<LoggedOut> {
  const account = 'server' in ending ? ending : undefined;
  const { key } = ending;
  const agentStopped = await stopAgent(context, key);
  const { session, expiresAt, keyring } = await context.accounts.withLock(key, async (locked) => {
    // Under the lock, so that no refresh can put a new session where this one was.
    const credential = account === undefined ? 'unreadable' : await readable(() => locked.credential());
    const outcome =
      typeof credential === 'string' || account === undefined ? unread(credential) : await revoke(context, account, credential);
    const removed = await locked.remove();
    return {
      session: outcome,
      expiresAt: typeof credential === 'string' ? undefined : credential.expiresAt,
      keyring: removed.keyring,
    };
  });
  await context.agents.forget(key);
  return omitUndefined({
    ...accountOfKey(key),
    server: account?.server ?? accountOfKey(key).server,
    session,
    kind: account?.kind ?? ('session' as const),
    agentStopped,
    keyring: keyring === 'none' ? undefined : keyring,
    user: account?.user,
    expiresAt,
  });
}

function unread(credential: Credential | 'none' | 'unreadable'): 'none' | 'unreadable' {
  return credential === 'none' ? 'none' : 'unreadable';
}

/** A credential that cannot be decrypted cannot be revoked either; that must not stop a logout. */
export async function readable(read: () => Promise<Credential | undefined>): Promise<Credential | 'none' | 'unreadable'> {
  try {
    return (await read()) ?? 'none';
  } catch (error) {
    if (error instanceof BeamError) return 'unreadable';
    throw error;
  }
}

/** Ends a session on its server. Throws `interrupted`; other trouble is the outcome `unreachable`. */
export async function revoke(
  context: Pick<Context, 'clock' | 'http'>,
  account: Account,
  credential: Credential,
): Promise<RevokeOutcome> {
  try {
    const http = context.http(account);
    const dialect = await sessionDialect(account, { http, clock: context.clock });
    return await dialect.revoke(account, credential);
  } catch (error) {
    if (error instanceof BeamError && error.code !== 'interrupted') return 'unreachable';
    throw error;
  }
}

async function stopAgent({ agents }: LogoutContext, key: string): Promise<boolean> {
  try {
    return await agents.stop(key);
  } catch (error) {
    if (error instanceof BeamError) return false;
    throw error;
  }
}

/**
 * Settles what the current account is, once a login or a logout is done: a configuration that cannot be changed does not undo that.
 * It is said, and `unsettled` is what came of it.
 */
export async function settled<T>(
  { warn }: Pick<Context, 'warn'>,
  done: 'logged in' | 'logged out',
  settle: () => Promise<T>,
  unsettled: T,
): Promise<T> {
  try {
    return await settle();
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    warn(`You are ${done}, but what the current server is could not be settled: ${error.message}`, error.hint);
    return unsettled;
  }
}

/** If `current` names an account that is gone, the only other one becomes current; of several none does. */
async function moveCurrentOn({ accounts, homes, clock }: LogoutContext): Promise<Pick<LogoutResult, 'current' | 'undecided'>> {
  const left = (await accounts.list()).accounts.filter(isEdge);
  const current = await readCurrentAccount(homes);
  if (current?.ref !== undefined && !(await isDangling({ accounts }, current))) {
    return omitUndefined({ current: refOf(current), undecided: false });
  }
  const [only] = left.length === 1 ? left : [];
  if (current !== undefined) {
    await updateGlobalConfig({ homes, clock }, ({ current: _, ...config }) =>
      only === undefined ? config : { ...config, current: formatAccountRef(only) },
    );
  }
  return omitUndefined({ undecided: left.length > 1, current: only && namesOf(only) });
}
