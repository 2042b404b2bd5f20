/** `beamd accounts`: which logins there are, and which one is current. */
import { parseAccountName, splitAccountKey } from '../../store/account-key.ts';
import type { Account } from '../../store/accounts/account.ts';
import { lastUse } from '../../store/accounts/last-use.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Context } from '../context.ts';
import { keyOfCurrent, readCurrentAccount } from '../target/settings.ts';
import { isEdge } from '../target/target.ts';
import { begunServer } from '../target/typed-name.ts';

/** What is known of a login without opening a secret: `valid` and until when, only while its agent runs. */
export type LoginState =
  | { readonly state: 'token' | 'locked' | 'ended' | 'logged_in' }
  | { readonly state: 'valid'; /** Unix seconds. */ readonly expiresAt: number };

export interface ListedAccount {
  readonly account: Account;
  readonly current: boolean;
  readonly login: LoginState;
  /** Unix seconds; absent where nothing tells. */
  readonly lastUsedAt?: number;
}

export interface AccountsResult {
  readonly accounts: readonly ListedAccount[];
  /** Account files that could not be read. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** Which of the accounts are meant. */
export interface AccountsInput {
  readonly server?: string | undefined;
  readonly account?: string | undefined;
}

type AccountsContext = Pick<Context, 'accounts' | 'agents' | 'clock' | 'homes' | 'waiting'>;

/**
 * All edge accounts, or those of `server`, or of that name. Reads no secret, starts no agent and asks no server. Throws
 * `bad_server`, `usage`.
 */
export async function edgeAccounts(context: AccountsContext, input: AccountsInput): Promise<AccountsResult> {
  const { accounts, homes } = context;
  const fits = await accountFilter({ accounts }, input);
  const currentKey = keyOfCurrent(await readCurrentAccount(homes));
  const listed = await accounts.list();
  const chosen = listed.accounts.filter((account) => isEdge(account) && fits(account.key));
  const shown = chosen.map(async (account) =>
    omitUndefined({
      account,
      current: account.key === currentKey,
      login: await loginState(context, account),
      lastUsedAt: lastUse(homes, account.key),
    }),
  );
  return { accounts: await Promise.all(shown), problems: listed.problems };
}

async function loginState(context: AccountsContext, { key, kind, endedAt, locked }: Account): Promise<LoginState> {
  if (endedAt !== undefined) return { state: 'ended' };
  if (locked !== undefined) return { state: 'locked' };
  if (kind === 'token') return { state: 'token' };
  const { agentState } = await import('./status.ts');
  const agent = await agentState(context, key);
  const expiresAt = agent.state === 'running' ? agent.status.expiresAt : undefined;
  const isValid = expiresAt !== undefined && expiresAt * 1000 > context.clock.now();
  return isValid ? { state: 'valid', expiresAt } : { state: 'logged_in' };
}

/** Tells the keys of the accounts that are meant. Throws `bad_server`, `usage`. */
export async function accountFilter(
  { accounts }: Pick<Context, 'accounts'>,
  { server, account }: AccountsInput,
): Promise<(key: string) => boolean> {
  const wanted = server === undefined ? undefined : (await begunServer({ accounts }, server)).key;
  const name = account === undefined ? undefined : parseAccountName(account);
  return (key) =>
    (wanted === undefined || splitAccountKey(key).serverKey === wanted) &&
    (account === undefined || splitAccountKey(key).name === name);
}
