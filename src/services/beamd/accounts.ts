/** `beamd accounts`: which logins there are, and which one is current. */
import { parseAccountName, splitAccountKey } from '../../store/account-key.ts';
import type { Account } from '../../store/accounts/account.ts';
import type { Context } from '../context.ts';
import { keyOfCurrent, readCurrentAccount } from '../target/settings.ts';
import { isEdge } from '../target/target.ts';
import { begunServer } from '../target/typed-name.ts';

export interface AccountsResult {
  readonly accounts: readonly { readonly account: Account; readonly current: boolean }[];
  /** Account files that could not be read. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** Which of the accounts are meant. */
export interface AccountsInput {
  readonly server?: string | undefined;
  readonly account?: string | undefined;
}

/** All edge accounts, or those of `server`, or of that name. Reads no secret. Throws `bad_server`, `usage`. */
export async function edgeAccounts(
  { accounts, homes }: Pick<Context, 'accounts' | 'homes'>,
  input: AccountsInput,
): Promise<AccountsResult> {
  const fits = await accountFilter({ accounts }, input);
  const currentKey = keyOfCurrent(await readCurrentAccount(homes));
  const listed = await accounts.list();
  return {
    accounts: listed.accounts
      .filter((account) => isEdge(account) && fits(account.key))
      .map((account) => ({ account, current: account.key === currentKey })),
    problems: listed.problems,
  };
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
