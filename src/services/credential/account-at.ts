/**
 * Which account a helper answers for. Not the ladder: another program says where it is about to send the answer, and only an
 * account of exactly that place may give one. So no flag, no variable, no `.beamd` and no current account changes anything.
 */
import { BeamError } from '../../errors.ts';
import type { Account, AccountStore } from '../../store/accounts/account.ts';
import type { AccountName } from '../../store/account-key.ts';
import { parseServer } from '../../store/server.ts';
import { accountsOn } from '../target/typed-name.ts';
import { isEdge } from '../target/target.ts';

/**
 * The user name of an account that has none, where a protocol wants one. No account can be called so. Servers that take a token
 * as a password look at that alone.
 */
const TOKEN_USER = '__token__';

/** Where the caller is about to send a token. */
export interface Place {
  /** Each as `placeOf` gives it; several where the caller does not say which scheme it will use. */
  readonly origins: readonly string[];
  /** Name of the account, if the caller wants one of several. */
  readonly username?: string | undefined;
}

interface AccountContext {
  readonly accounts: Pick<AccountStore, 'keys' | 'list' | 'read'>;
}

/**
 * A scheme and a host (`edge.example.com`, `edge.example.com:8443`) as an origin; undefined for what no account can be of: plain
 * http off loopback, and whatever is more or less than a host and a port.
 */
export function placeOf(scheme: string, host: string): string | undefined {
  if (scheme !== 'https' && scheme !== 'http') return undefined;
  // The same host to a resolver, and not the same text to the certificate, the proxy and the user.
  if (/\.(?::\d*)?$/u.test(host) || host.includes('/')) return undefined;
  try {
    return parseServer(`${scheme}://${host}`).origin;
  } catch (error) {
    if (error instanceof BeamError) return undefined;
    throw error;
  }
}

/**
 * The account whose edge, or else whose control plane, is one of these origins. Of several the one with the name that is asked for
 * (`TOKEN_USER`: the one without); where none is asked for the one without a name, else the only one. Undefined where none is left, or
 * more than one. Throws as `AccountStore.read`.
 */
export async function accountAt(context: AccountContext, { origins, username }: Place): Promise<Account | undefined> {
  const known = (await ofEdge(context, origins)) ?? (await ofControlPlane(context, origins));
  const nameless = only(known.filter(({ name }) => name === undefined));
  if (username === undefined) return nameless ?? only(known);
  return username === TOKEN_USER ? nameless : only(known.filter(({ name }) => name === username));
}

/** What a caller is told as user name. */
export function userOf({ name }: { readonly name?: AccountName | undefined }): string {
  return name ?? TOKEN_USER;
}

function only(accounts: readonly Account[]): Account | undefined {
  return accounts.length === 1 ? accounts[0] : undefined;
}

/** Undefined if there is none. Their files are found by their names, so that one that is broken stands in the way of no other server. */
async function ofEdge(context: AccountContext, origins: readonly string[]): Promise<Account[] | undefined> {
  const keys = [...new Set(origins.flatMap((origin) => accountsOn(context, parseServer(origin))))];
  const accounts = await Promise.all(keys.map((key) => context.accounts.read(key)));
  const meant = accounts.filter((account) => account !== undefined && isEdge(account) && isAt(account.server, origins));
  return meant.length === 0 ? undefined : (meant as Account[]);
}

async function ofControlPlane({ accounts }: AccountContext, origins: readonly string[]): Promise<Account[]> {
  const all = (await accounts.list()).accounts;
  return all.filter((account) => {
    return isEdge(account) && account.controlPlane !== undefined && isAt(account.controlPlane, origins);
  });
}

/** A key does not tell the scheme, so the name of the server is compared. */
function isAt(server: string, origins: readonly string[]): boolean {
  return origins.includes(parseServer(server).origin);
}
