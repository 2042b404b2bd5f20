/** What a user typed at a login selects the account too, although its server names itself otherwise. */
import { BeamError } from '../../errors.ts';
import { splitAccountKey } from '../../store/account-key.ts';
import type { Account, AccountStore } from '../../store/accounts/account.ts';
import { parseServer, type Server } from '../../store/server.ts';

export interface NamingContext {
  /** Listed only for a server that no account is called by. */
  readonly accounts: Pick<AccountStore, 'keys' | 'list'>;
}

/**
 * The server of the account that was logged in to under this name; the server itself where it has an account, or where nobody
 * ever typed that. Throws `usage` where the name stood for several.
 */
export async function typedServer(context: NamingContext, server: Server): Promise<Server> {
  if (accountsOn(context, server).length > 0) return server;
  const { accounts: all } = await context.accounts.list();
  const meant = all.filter((account) => wasTyped(account, server));
  const names = [...new Set(meant.map((account) => account.server))];
  if (names.length > 1) {
    throw new BeamError('usage', `${server.name} gave the logins for several servers: ${names.join(', ')}`, {
      hint: { text: `Name the one that is meant: --server ${names[0] ?? ''}` },
    });
  }
  return names[0] === undefined ? server : parseServer(names[0]);
}

/** What a climb asks of the accounts. */
type ClimbedAccounts = Pick<AccountStore, 'keys' | 'list' | 'read'>;

/** The accounts as one climb sees them: which there are is looked up once, however many rungs ask. */
export function listedOnce(accounts: ClimbedAccounts): ClimbedAccounts {
  let keys: string[] | undefined;
  return {
    keys: () => (keys ??= accounts.keys()),
    list: () => accounts.list(),
    read: (key) => accounts.read(key),
  };
}

/** The keys of the accounts that a server has here. */
export function accountsOn(
  { accounts }: { readonly accounts: Pick<AccountStore, 'keys'> },
  server: Pick<Server, 'key'>,
): string[] {
  return accounts.keys().filter((key) => splitAccountKey(key).serverKey === server.key);
}

/** Of logins before there was a note of what was typed, only the control plane is known. */
export function wasTyped({ provider, typedAs = [], controlPlane }: Account, server: Server): boolean {
  const names = controlPlane === undefined ? typedAs : [...typedAs, controlPlane];
  return provider === 'edge' && names.some((name) => keyOf(name) === server.key);
}

/** Undefined for what somebody wrote into the file that is no server. */
function keyOf(name: string): string | undefined {
  try {
    return parseServer(name).key;
  } catch (error) {
    if (error instanceof BeamError) return undefined;
    throw error;
  }
}
