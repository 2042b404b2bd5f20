/** What a user typed at a login selects the account too, although its server names itself otherwise. */
import { BeamError } from '../../errors.ts';
import { splitAccountKey } from '../../store/account-key.ts';
import type { Account, AccountStore } from '../../store/accounts/account.ts';
import { parseServer, serverIfAny, type Server } from '../../store/server.ts';
import { printable, shortList } from '../../text.ts';

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

/**
 * The servers that a typed text can mean where a command only reads: the one it names in full, else those whose names begin
 * with it. None: it is no server that has an account here.
 */
export async function serversFrom(context: NamingContext, text: string): Promise<Server[]> {
  const whole = await knownServer(context, text);
  if (whole !== undefined) return [whole];
  const edges = (await context.accounts.list()).accounts.filter(({ provider }) => provider === 'edge');
  const bare = text.toLowerCase().replace(SCHEME, '');
  const begun = edges.filter(({ server, typedAs = [] }) =>
    [server, ...typedAs].some((name) => bare !== '' && name.replace(SCHEME, '').startsWith(bare)),
  );
  return [...new Set(begun.map(({ server }) => server))].map((name) => parseServer(name));
}

const SCHEME = /^https?:\/\//u;

async function knownServer(context: NamingContext, text: string): Promise<Server | undefined> {
  try {
    const server = await typedServer(context, parseServer(text));
    return accountsOn(context, server).length > 0 ? server : undefined;
  } catch (error) {
    // A number, or a part of a name, is no server.
    if (error instanceof BeamError && error.code === 'bad_server') return undefined;
    throw error;
  }
}

/** The one server of `serversFrom`; the text itself where there is none. Throws `usage` for several, and as `parseServer`. */
export async function begunServer(context: NamingContext, text: string): Promise<Server> {
  const [first, ...others] = await serversFrom(context, text);
  if (first === undefined) return parseServer(text);
  if (others.length > 0) throw severalServers(text, [first, ...others]);
  return first;
}

/** What is said where several servers begin with what was typed. `usage`. */
export function severalServers(text: string, servers: readonly Server[]): BeamError {
  const names = shortList(servers.map(({ name }) => name));
  return new BeamError('usage', `Several servers begin with ${printable(text, 60)}: ${names}`, {
    hint: { text: 'Type more of its name' },
  });
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
  return provider === 'edge' && names.some((name) => serverIfAny(name)?.key === server.key);
}
