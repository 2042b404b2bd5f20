/** The CA that a login trusts: one that is given, or that of the login before it. */
import type { AccountName } from '../../store/account-key.ts';
import type { Account } from '../../store/accounts/account.ts';
import type { Server } from '../../store/server.ts';
import { readCaFile } from '../ca-file.ts';
import type { Context } from '../context.ts';
import type { LoginInput } from './types.ts';

type CaContext = Pick<Context, 'accounts' | 'clock' | 'signal'>;

/**
 * Certificates as `Account.ca` has them; undefined: the usual roots alone. A login anew keeps what was given before, or the hint of
 * a session that has ended would lead nowhere. Throws as `readCaFile`.
 */
export async function caForLogin(
  context: CaContext,
  { caFile, ownCa }: Pick<LoginInput, 'caFile' | 'ownCa'>,
  { server, name }: { readonly server: Server; readonly name?: AccountName | undefined },
): Promise<string | undefined> {
  if (caFile !== undefined) return readCaFile(context, caFile);
  if (ownCa === false) return undefined;
  const { accounts } = await context.accounts.list();
  const isIt = (one: Account): boolean =>
    one.name === name && (one.server === server.name || one.typedAs?.includes(server.name) === true);
  return accounts.find(isIt)?.ca;
}
