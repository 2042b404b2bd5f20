/** `beamd accounts` and `beamd switch`: which logins there are, and which one is current. */
import { readGlobalConfig, updateGlobalConfig } from '../../store/config/beamd-config.ts';
import { parseServer, sameServer } from '../../store/server.ts';
import type { Account } from '../../store/accounts/account.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Context } from '../context.ts';
import { notLoggedIn } from '../target/ladder.ts';
import { isEdge } from '../target/target.ts';
import { typedServer } from '../target/typed-name.ts';

export interface AccountsResult {
  readonly accounts: readonly { readonly account: Account; readonly current: boolean }[];
  /** Account files that could not be read. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** All edge accounts, or the one of `server`. Reads no secret. Throws `bad_server`. */
export async function edgeAccounts(
  { accounts, homes }: Pick<Context, 'accounts' | 'homes'>,
  { server }: { readonly server?: string | undefined },
): Promise<AccountsResult> {
  const wanted = server === undefined ? undefined : (await typedServer({ homes, accounts }, parseServer(server))).key;
  const { current } = await readGlobalConfig(homes);
  const currentKey = current === undefined ? undefined : parseServer(current).key;
  const listed = await accounts.list();
  return {
    accounts: listed.accounts
      .filter((account) => isEdge(account) && (wanted === undefined || account.key === wanted))
      .map((account) => ({ account, current: account.key === currentKey })),
    problems: listed.problems,
  };
}

export interface SwitchResult {
  readonly account: Account;
  /** Where a `BEAMD_SERVER` or the like wins over the current account, that server. */
  readonly overriddenBy?: string;
}

/** Makes an account current. Throws `bad_server`, and `login_required` for a server without account. */
export async function switchAccount(
  { accounts, homes, clock, env }: Pick<Context, 'accounts' | 'homes' | 'clock' | 'env'>,
  input: { readonly server: string },
): Promise<SwitchResult> {
  const server = await typedServer({ homes, accounts }, parseServer(input.server));
  const account = await accounts.read(server.key);
  if (account === undefined || !isEdge(account)) throw notLoggedIn({ value: server, source: { kind: 'flag' } });
  await updateGlobalConfig({ homes, clock }, (config) => ({ ...config, current: account.server }));
  const fromEnv = env['BEAMD_SERVER'];
  const overridden = fromEnv !== undefined && fromEnv !== '' && !sameServer(parseServer(fromEnv), server);
  return omitUndefined({ account, overriddenBy: overridden ? fromEnv : undefined });
}
