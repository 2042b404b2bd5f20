/** `beamd switch`: makes another account the current one. */
import { variable } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle } from '../../hints.ts';
import { didYouMean } from '../../nearest.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { accountKey, formatAccountRef, parseAccountName, splitAccountKey, type AccountName } from '../../store/account-key.ts';
import { readGlobalConfig, updateGlobalConfig } from '../../store/config/beamd-config.ts';
import type { Account } from '../../store/accounts/account.ts';
import { parseServer, sameServer, type Server } from '../../store/server.ts';
import { shortList } from '../../text.ts';
import type { Context } from '../context.ts';
import { askAccount, chooseAccount } from '../target/ask-account.ts';
import { notLoggedIn } from '../target/refusals.ts';
import { keyOfCurrent, parseCurrent, readCurrentAccount } from '../target/settings.ts';
import { isEdge } from '../target/target.ts';
import { accountsOn, serversFrom, severalServers, typedServer } from '../target/typed-name.ts';

/** What is typed for the account that was current before. */
const PREVIOUS = '-';

export interface SwitchResult {
  readonly account: Account;
  /** Where a `BEAMD_SERVER` or the like wins over the current account, that server. */
  readonly overriddenBy?: string;
}

type SwitchContext = Pick<Context, 'accounts' | 'choose' | 'homes' | 'clock' | 'env'>;

export interface SwitchInput {
  /** `-`: back to the account before. Absent: the user is asked. */
  readonly server?: string | undefined;
  /** Name of an account; `-`: the one without a name. */
  readonly account?: string | undefined;
}

/**
 * Makes an account current. Throws `bad_server`, `login_required` for a server without such an account, and `usage` where it
 * has several, or none was named, and nobody can be asked.
 */
export async function switchAccount(context: SwitchContext, input: SwitchInput): Promise<SwitchResult> {
  const { homes, clock, env } = context;
  const account = await wantedAccount(context, input);
  const current = formatAccountRef(account);
  await updateGlobalConfig({ homes, clock }, (config) => {
    const { previous } = config;
    // To switch to where one is already must not make the way back one to there.
    const before = config.current === undefined || config.current === current ? previous : config.current;
    return omitUndefined({ ...config, current, previous: before });
  });
  const fromEnv = variable(env, 'BEAMD_SERVER');
  const overridden = fromEnv !== undefined && !sameServer(parseServer(fromEnv), parseServer(account.server));
  return omitUndefined({ account, overriddenBy: overridden ? fromEnv : undefined });
}

async function wantedAccount(context: SwitchContext, { server, account }: SwitchInput): Promise<Account> {
  if (server === undefined) return anyAccount(context, account);
  if (server === PREVIOUS) return previousAccount(context, account);
  const [begun, ...others] = await serversFrom(context, server);
  if (begun !== undefined && others.length > 0) return accountOfSeveral(context, server, [begun, ...others]);
  const wanted = begun ?? parseServer(server);
  const among = accountsOn(context, wanted);
  return accountOf(context, { server: wanted, key: await keyOf(context, { server: wanted, account }, among), among });
}

/** What was typed begins several servers: nothing is guessed. */
async function accountOfSeveral(context: SwitchContext, typed: string, servers: readonly Server[]): Promise<Account> {
  const keys = new Set(servers.flatMap((server) => accountsOn(context, server)));
  const among = (await context.accounts.list()).accounts.filter((account) => isEdge(account) && keys.has(account.key));
  const chosen = await chooseAccount(context, among, 'Switch to which account?');
  if (chosen === undefined) throw severalServers(typed, servers);
  return chosen;
}

async function accountOf(
  { accounts }: SwitchContext,
  { server, key, among }: { readonly server: Server; readonly key: string; readonly among: readonly string[] },
): Promise<Account> {
  const account = await accounts.read(key);
  if (account !== undefined && isEdge(account)) return account;
  const source = { kind: 'flag' } as const;
  throw notLoggedIn({ value: server, source }, omitUndefined({ name: splitAccountKey(key).name, source, among }));
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

/** One of all: the only one, or the one that is chosen. */
async function anyAccount(context: SwitchContext, account: string | undefined): Promise<Account> {
  const all = (await context.accounts.list()).accounts.filter(isEdge);
  const name = account === undefined ? undefined : parseAccountName(account);
  const among = account === undefined ? all : all.filter((each) => each.name === name);
  const [only, ...others] = among;
  if (only === undefined) {
    const message = all.length === 0 ? 'You are not logged in anywhere' : noneOfThatName(name, all);
    throw new BeamError('login_required', message, { hint: { command: all.length === 0 ? 'beamd login' : 'beamd accounts' } });
  }
  if (others.length === 0) return only;
  const current = keyOfCurrent(await readCurrentAccount(context.homes));
  const chosen = await chooseAccount(context, among, 'Switch to which account?', current);
  if (chosen !== undefined) return chosen;
  throw new BeamError('usage', `Say which account: ${shortList(among.map(accountTitle), 'counted')}`, {
    hint: { command: 'beamd switch SERVER' },
  });
}

function noneOfThatName(name: AccountName | undefined, all: readonly Account[]): string {
  if (name === undefined) return 'You have no account without a name';
  const names = all.flatMap((account) => account.name ?? []);
  return `You have no account named ${name}${didYouMean(name, names)}`;
}

async function previousAccount(context: SwitchContext, account: string | undefined): Promise<Account> {
  if (account !== undefined) {
    throw new BeamError('usage', '- is the account that was current before, and takes no --account', {
      hint: { command: 'beamd switch -' },
    });
  }
  const { previous } = await readGlobalConfig(context.homes);
  const ref = previous === undefined ? undefined : parseCurrent(previous).ref;
  if (ref === undefined) {
    throw new BeamError('usage', 'No other account has been current yet', { hint: { command: 'beamd switch' } });
  }
  const server = await typedServer(context, ref.server);
  return accountOf(context, { server, key: accountKey(server, ref.name), among: accountsOn(context, server) });
}
