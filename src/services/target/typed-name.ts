/** What a user typed at a login selects the account too, although its server names itself otherwise. */
import { existsSync } from 'node:fs';
import { BeamError } from '../../errors.ts';
import type { Account, AccountStore } from '../../store/accounts/account.ts';
import { accountFile, type Homes } from '../../store/paths.ts';
import { parseServer, type Server } from '../../store/server.ts';

export interface NamingContext {
  readonly homes: Homes;
  /** Listed only for a server that no account is called by. */
  readonly accounts: Pick<AccountStore, 'list'>;
}

/**
 * The server of the account that was logged in to under this name; the server itself where it has an account, or where nobody
 * ever typed that. Throws `usage` where the name stood for several.
 */
export async function typedServer({ homes, accounts }: NamingContext, server: Server): Promise<Server> {
  if (existsSync(accountFile(homes, server.key))) return server;
  const { accounts: all } = await accounts.list();
  if (all.some((account) => parseServer(account.server).key === server.key)) return server;
  const meant = all.filter((account) => wasTyped(account, server));
  const names = [...new Set(meant.map((account) => account.server))];
  if (names.length > 1) {
    throw new BeamError('usage', `${server.name} gave the logins for several servers: ${names.join(', ')}`, {
      hint: { text: `Name the one that is meant: --server ${names[0] ?? ''}` },
    });
  }
  return names[0] === undefined ? server : parseServer(names[0]);
}

/** Of logins before there was a note of what was typed, only the control plane is known. */
function wasTyped({ provider, typedAs = [], controlPlane }: Account, server: Server): boolean {
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
