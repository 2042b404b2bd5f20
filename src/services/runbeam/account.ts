/** The account that `runbeam` acts with: the Runbeam Cloud login for the configured base URL. */
import { BeamError, type Hint } from '../../errors.ts';
import { isOpaque, unverifiedIssuer } from '../../auth/jwt/format.ts';
import { configuredApiUrl, rustLoginApiUrl, setApiUrl, writtenApiUrl } from '../../runbeam/api-url.ts';
import { earlierLoginSeen } from '../../store/paths.ts';
import { ensurePrivateFolder } from '../../store/files/permissions.ts';
import { readSmallFile, writeFileAtomic } from '../../store/files/atomic-file.ts';
import { readRustCliLogin, rustCliLoginFiles } from '../../store/instances/rust-cli-login.ts';
import { parseServer, type Server } from '../../store/server.ts';
import type { Account } from '../../store/accounts/account.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export type AccountContext = Pick<Context, 'accounts' | 'clock' | 'env' | 'homes' | 'notify' | 'warn'>;

/** The host of the configured base URL. Throws `bad_server`, `insecure_transport`. */
export function runbeamServer({ homes, env }: Pick<Context, 'homes' | 'env'>): Server {
  return parseServer(new URL(configuredApiUrl(homes, env).url).origin);
}

/**
 * The Runbeam Cloud account; a login of the older CLI is imported the first time. Throws `login_required`,
 * `session_ended`.
 */
export async function runbeamAccount(context: AccountContext): Promise<Account> {
  const server = runbeamServer(context);
  let account = await stored(context, server.key);
  if (account === undefined) {
    // It may be one of another cloud, which is then left for whoever asks that.
    const imported = await importLegacyLogin(context);
    if (imported?.key === server.key) account = imported;
  }
  if (account === undefined) throw await notLoggedInToCloud(context);
  if (account.endedAt !== undefined) {
    const hint = { command: 'runbeam login' };
    throw new BeamError('session_ended', `The session on ${server.name} has ended`, { hint });
  }
  return account;
}

/** A session with Runbeam Cloud, as it is kept. */
export function cloudAccount(server: Server, apiUrl: string, { user, ca }: Partial<Pick<Account, 'user' | 'ca'>>): Account {
  return omitUndefined({
    key: server.key,
    server: server.name,
    provider: 'runbeam',
    kind: 'session',
    dialect: 'runbeam',
    scopes: [],
    storage: 'age',
    apiUrl,
    user,
    ca,
  });
}

/** `login_required`, with how to use the login of another cloud where there is one. */
export async function notLoggedInToCloud(context: AccountContext): Promise<BeamError> {
  const { name } = runbeamServer(context);
  const { accounts } = await context.accounts.list();
  const [other, ...more] = accounts.filter(({ provider }) => provider === 'runbeam');
  const message = `You are not logged in to Runbeam Cloud at ${name}`;
  if (other?.apiUrl === undefined || more.length > 0) {
    return new BeamError('login_required', message, { hint: { command: 'runbeam login' } });
  }
  const { source } = writtenApiUrl(context.homes, context.env);
  const hint = { text: `Run runbeam login, or to use that one: ${setApiUrl(other.apiUrl, source)}` };
  return new BeamError('login_required', `${message}; your login is for ${other.server}`, { hint });
}

/** Runs work of the agent of an account; what asks for a new login, or for a look at the agent, names the right command for it. */
export async function namingRunbeamLogin<T>({ server }: Pick<Account, 'server'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    const hint = LOGIN_CODES.includes(error.code) ? { command: 'runbeam login' } : agentHint(error.hint, server);
    throw hint === error.hint ? error : new BeamError(error.code, error.message, { hint, cause: error });
  }
}

const LOGIN_CODES: readonly string[] = ['login_required', 'session_ended', 'token_rejected'];

/** `beamd agent log` is about the current edge's agent, unless it names the one that is meant. */
function agentHint(hint: Hint | undefined, server: string): Hint | undefined {
  if (hint === undefined || !('command' in hint) || !/^beamd agent \w+$/.test(hint.command)) return hint;
  return { command: `${hint.command} --server ${server}` };
}

/**
 * Files the login of the older CLI under the cloud that issued it: its token is for no other. Once only: after that a logout
 * stays a logout, although the older CLI's file is left as it is.
 */
export async function importLegacyLogin(context: AccountContext): Promise<Account | undefined> {
  if (readSmallFile(earlierLoginSeen(context.homes)) !== undefined) return undefined;
  const legacy = await readRustCliLogin(context.homes, context.env);
  if (legacy === undefined) return undefined;
  const token = legacy.token.reveal();
  const apiUrl = rustLoginApiUrl(context.homes, context.env, isOpaque(token) ? undefined : unverifiedIssuer(token));
  if (apiUrl === undefined) return undefined;
  const server = parseServer(new URL(apiUrl).origin);
  if (context.accounts.keys().includes(server.key)) return undefined;
  if (legacy.expiresAt !== undefined && legacy.expiresAt * 1000 <= context.clock.now()) return undefined;
  const user = legacy.user?.email ?? legacy.user?.name;
  const account = cloudAccount(server, apiUrl, omitUndefined({ user: user === undefined ? undefined : printable(user) }));
  await context.accounts.save(account, omitUndefined({ accessToken: legacy.token, expiresAt: legacy.expiresAt }));
  markLegacyLoginSeen(context);
  context.notify(`Took over the login of the earlier runbeam from ${legacy.path}: it is for ${server.name}`);
  return account;
}

/** From now on a login of the older CLI is not imported any more. */
function markLegacyLoginSeen(context: Pick<Context, 'homes'>): void {
  ensurePrivateFolder(context.homes.runbeam);
  writeFileAtomic(earlierLoginSeen(context.homes), '{}\n');
}

/** As `markLegacyLoginSeen`, once a login is stored: what that cannot write does not undo it, and matters only beside such a login. */
export function rememberLogin(context: Pick<Context, 'homes' | 'warn'>): void {
  try {
    markLegacyLoginSeen(context);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    const [path] = rustCliLoginFiles(context.homes);
    if (path === undefined) return;
    context.warn(`${error.message}: after a logout the login of the earlier runbeam in ${path} would be taken over`, error.hint);
  }
}

async function stored({ accounts }: AccountContext, key: string): Promise<Account | undefined> {
  const account = await accounts.read(key);
  return account?.provider === 'runbeam' ? account : undefined;
}
