/** Asking which of several accounts is meant, where the wrong one must not be guessed: at logins, logouts and switches. */
import { accountTitle } from '../../hints.ts';
import type { Account, AccountStore } from '../../store/accounts/account.ts';
import type { Server } from '../../store/server.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import type { SelectedAccount } from './ladder.ts';
import { severalAccounts, titleOf } from './refusals.ts';

type AskingContext = Pick<Context, 'choose'> & { readonly accounts: Pick<AccountStore, 'readIfSound'> };

/**
 * The key of the account that the user chooses on the terminal. Throws `usage` with all of them where nobody can be asked or
 * nothing is chosen.
 */
export async function askAccount(
  context: AskingContext,
  server: Pick<Server, 'name'>,
  keys: readonly string[],
  question: string,
): Promise<string> {
  const titles = await Promise.all(keys.map((key) => describe(context, key)));
  const chosen = await context.choose(question, titles);
  const key = chosen === undefined ? undefined : keys[chosen];
  if (key === undefined) throw severalAccounts(server, titles);
  return key;
}

/**
 * The account that the user chooses among those of all servers. Undefined where nobody can be asked or nothing is chosen.
 * `first` is the key of the one that Enter alone takes.
 */
export async function chooseAccount(
  { choose }: Pick<Context, 'choose'>,
  among: readonly Account[],
  question: string,
  first?: string,
): Promise<Account | undefined> {
  const titles = among.map((account) => {
    const user = account.user === undefined ? '' : ` as ${printable(account.user)}`;
    return `${accountTitle(account)}${account.key === first ? ', current' : ''}${user}`;
  });
  const index = among.findIndex(({ key }) => key === first);
  const chosen = await choose(question, titles, index === -1 ? {} : { first: index });
  return chosen === undefined ? undefined : among[chosen];
}

async function describe({ accounts }: AskingContext, key: string): Promise<string> {
  const user = (await accounts.readIfSound(key))?.user;
  return user === undefined ? titleOf(key) : `${titleOf(key)} (${printable(user)})`;
}

/** Whether it was named, and not only the one that a command takes where nothing names one. */
export function isNamed({ source, name }: SelectedAccount): boolean {
  if (source.kind === 'nameless-account') return false;
  // Every server that is current without more is so: that names no account among several.
  return source.kind !== 'current' || name !== undefined;
}
