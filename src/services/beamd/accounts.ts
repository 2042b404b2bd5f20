/** `beamd accounts` and `beamd switch`: which logins there are, and which one is current. */
import { variable } from '../../environment.ts';
import { updateGlobalConfig } from '../../store/config/beamd-config.ts';
import { accountKey, formatAccountRef, parseAccountName, splitAccountKey } from '../../store/account-key.ts';
import type { Account } from '../../store/accounts/account.ts';
import { parseServer, sameServer, type Server } from '../../store/server.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Context } from '../context.ts';
import { askAccount } from '../target/ask-account.ts';
import { notLoggedIn } from '../target/ladder.ts';
import { keyOfCurrent, readCurrentAccount } from '../target/settings.ts';
import { isEdge } from '../target/target.ts';
import { accountsOn, typedServer } from '../target/typed-name.ts';

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
  const wanted = server === undefined ? undefined : (await typedServer({ accounts }, parseServer(server))).key;
  const name = account === undefined ? undefined : parseAccountName(account);
  return (key) =>
    (wanted === undefined || splitAccountKey(key).serverKey === wanted) &&
    (account === undefined || splitAccountKey(key).name === name);
}

export interface SwitchResult {
  readonly account: Account;
  /** Where a `BEAMD_SERVER` or the like wins over the current account, that server. */
  readonly overriddenBy?: string;
}

type SwitchContext = Pick<Context, 'accounts' | 'choose' | 'homes' | 'clock' | 'env'>;

interface SwitchInput {
  readonly server: string;
  /** Name of an account; `-`: the one without a name. */
  readonly account?: string | undefined;
}

/**
 * Makes an account current. Throws `bad_server`, `login_required` for a server without such an account, and `usage` where it
 * has several and nobody can be asked.
 */
export async function switchAccount(context: SwitchContext, input: SwitchInput): Promise<SwitchResult> {
  const { accounts, homes, clock, env } = context;
  const server = await typedServer(context, parseServer(input.server));
  const among = accountsOn(context, server);
  const key = await keyOf(context, { server, account: input.account }, among);
  const account = await accounts.read(key);
  if (account === undefined || !isEdge(account)) {
    const source = { kind: 'flag' } as const;
    throw notLoggedIn({ value: server, source }, omitUndefined({ name: splitAccountKey(key).name, source, among }));
  }
  await updateGlobalConfig({ homes, clock }, (config) => ({ ...config, current: formatAccountRef(account) }));
  const fromEnv = variable(env, 'BEAMD_SERVER');
  const overridden = fromEnv !== undefined && !sameServer(parseServer(fromEnv), server);
  return omitUndefined({ account, overriddenBy: overridden ? fromEnv : undefined });
}

async function keyOf(
  context: SwitchContext,
  { server, account }: { readonly server: Server; readonly account: string | undefined },
  among: readonly string[],
): Promise<string> {
  if (account !== undefined) return accountKey(server, parseAccountName(account));
  const [only, ...others] = among;
  if (others.length === 0) return only ?? server.key;
  return askAccount(context, server, among, `Switch to which account on ${server.name}?`);
}
