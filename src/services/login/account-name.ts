/** Under which name a login is kept: never in the place of another by a guess. */
import { accountKey, parseAccountName, splitAccountKey, type AccountName } from '../../store/account-key.ts';
import type { AccountStore } from '../../store/accounts/account.ts';
import type { Server } from '../../store/server.ts';
import type { Context } from '../context.ts';
import { askAccount } from '../target/ask-account.ts';
import { accountsOn, wasTyped } from '../target/typed-name.ts';

type NamingContext = Pick<Context, 'choose'> & { readonly accounts: Pick<AccountStore, 'keys' | 'list' | 'readIfSound'> };

/** What was said about the name: `--account`, else BEAMD_ACCOUNT; undefined where nothing was. */
export interface WantedName {
  readonly name: AccountName | undefined;
}

/** Throws `usage` for what is no name. Never from `.beamd`: a cloned repository must not choose what a login replaces. */
export function wantedName({ env }: Pick<Context, 'env'>, flag: string | undefined): WantedName | undefined {
  const text = flag ?? env['BEAMD_ACCOUNT'];
  return text === undefined || text === '' ? undefined : { name: parseAccountName(text) };
}

/**
 * The name for a login that asks `server`: the one that was said, else that of the only login there; without any, none. Of
 * several the user chooses, before anything is asked of the server. Throws `usage` with all of them where nobody can be asked.
 */
export async function nameForLogin(
  context: NamingContext,
  server: Server,
  wanted: WantedName | undefined,
): Promise<AccountName | undefined> {
  if (wanted !== undefined) return wanted.name;
  const keys = await loginsThrough(context, server);
  const names = new Set(keys.map((key) => splitAccountKey(key).name));
  if (names.size < 2) return [...names][0];
  return splitAccountKey(await askAccount(context, server, keys, `Replace which account on ${server.name}?`)).name;
}

/** The accounts on a server, else those for which it was asked at their login. */
async function loginsThrough(context: NamingContext, server: Server): Promise<string[]> {
  const own = accountsOn(context, server);
  if (own.length > 0 || context.accounts.keys().length === 0) return own;
  const { accounts } = await context.accounts.list();
  return accounts.filter((account) => wasTyped(account, server)).map(({ key }) => key);
}

/** Server, key and name of an account that a login makes. Throws `bad_server`. */
export function placeOf(server: Server, name: AccountName | undefined) {
  const place = { key: accountKey(server, name), server: server.name };
  return name === undefined ? place : { ...place, name };
}
