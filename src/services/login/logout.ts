/** `beamd logout`: revoke on the server, stop the agent, delete what is kept here. */
import type { RevokeOutcome } from '../../auth/dialect/dialect.ts';
import { sessionDialect } from '../../auth/session-dialect.ts';
import { BeamError } from '../../errors.ts';
import { readGlobalConfig, updateGlobalConfig } from '../../store/config/beamd-config.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import type { Context } from '../context.ts';
import type { TargetContext, TargetInput } from '../target/ladder.ts';
import { accountTarget, isEdge } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export type LogoutContext = Pick<Context, 'accounts' | 'agents' | 'clock' | 'homes' | 'http' | 'notify'>;

export interface LogoutInput extends TargetInput {
  /** Every edge account, in place of the one that the ladder finds. */
  readonly all: boolean;
}

export interface LoggedOut {
  readonly server: string;
  readonly user?: string;
  /**
   * What became of the session on the server. `none`: there was nothing left to revoke. `unreadable`: the secret that
   * revokes it could not be read.
   */
  readonly session: RevokeOutcome | 'none' | 'unreadable';
  /** Unix seconds until which a session that was not revoked lives; absent if it does not end by itself. */
  readonly expiresAt?: number;
  readonly kind: Account['kind'];
  readonly agentStopped: boolean;
  /** What became of the account's entry in the OS keyring; absent if it had none. */
  readonly keyring?: 'deleted' | 'left';
}

export interface LogoutResult {
  readonly accounts: readonly LoggedOut[];
  /** The current server afterwards. */
  readonly current?: string;
  /** Several servers are left and none is current: which one acts next is not for a logout to say. */
  readonly undecided: boolean;
}

/** Throws `login_required` when there is no such account; trouble with a server is reported, never an error. */
export async function logout(context: LogoutContext & TargetContext, input: LogoutInput): Promise<LogoutResult> {
  const chosen = input.all ? await allEdges(context) : [(await accountTarget(context, input, 'beamd logout')).account];
  if (chosen.length === 0) {
    throw new BeamError('login_required', 'You are not logged in anywhere', { hint: { command: 'beamd login' } });
  }
  const accounts: LoggedOut[] = [];
  for (const account of chosen) accounts.push(await logOutOf(context, account));
  return { accounts, ...(await moveCurrentOn(context)) };
}

/** Every edge account that can be read; the user is told of the others, which stay. */
async function allEdges(context: LogoutContext): Promise<Account[]> {
  const { accounts, problems } = await context.accounts.list();
  for (const { path, message } of problems) context.notify(`Not logged out of ${path}, which stays: ${message}`);
  return accounts.filter(isEdge);
}

/**
 * Ends the login of one account: its agent, its session on the server, what is kept here. Throws `busy` and what the lock
 * of an account throws; trouble with the server or the keyring is reported, never an error.
 */
export async function logOutOf(context: LogoutContext, account: Account): Promise<LoggedOut> {
  const agentStopped = await stopAgent(context, account.key);
  const { session, expiresAt, keyring } = await context.accounts.withLock(account.key, async (locked) => {
    // Under the lock, so that no refresh can put a new session where this one was.
    const credential = await readable(() => locked.credential());
    const outcome = typeof credential === 'string' ? credential : await revoke(context, account, credential);
    const removed = await locked.remove();
    return {
      session: outcome,
      expiresAt: typeof credential === 'string' ? undefined : credential.expiresAt,
      keyring: removed.keyring,
    };
  });
  await context.agents.forget(account.key);
  return omitUndefined({
    server: account.server,
    session,
    kind: account.kind,
    agentStopped,
    keyring: keyring === 'none' ? undefined : keyring,
    user: account.user,
    expiresAt,
  });
}

/** A credential that cannot be decrypted cannot be revoked either; that must not stop a logout. */
async function readable(read: () => Promise<Credential | undefined>): Promise<Credential | 'none' | 'unreadable'> {
  try {
    return (await read()) ?? 'none';
  } catch (error) {
    if (error instanceof BeamError) return 'unreadable';
    throw error;
  }
}

async function revoke(context: LogoutContext, account: Account, credential: Credential): Promise<RevokeOutcome> {
  try {
    const http = context.http(account);
    const dialect = await sessionDialect(account, { http, clock: context.clock });
    return await dialect.revoke(account, credential);
  } catch (error) {
    if (error instanceof BeamError && error.code !== 'interrupted') return 'unreachable';
    throw error;
  }
}

async function stopAgent({ agents }: LogoutContext, key: string): Promise<boolean> {
  try {
    return await agents.stop(key);
  } catch (error) {
    if (error instanceof BeamError) return false;
    throw error;
  }
}

/** If `current` names an account that is gone, the only other one becomes current; of several none does. */
async function moveCurrentOn({ accounts, homes, clock }: LogoutContext): Promise<Pick<LogoutResult, 'current' | 'undecided'>> {
  const left = (await accounts.list()).accounts.filter(isEdge).map(({ server }) => server);
  const { current } = await readGlobalConfig(homes);
  if (current !== undefined && left.includes(current)) return { current, undecided: false };
  const [only] = left.length === 1 ? left : [];
  if (current !== undefined) {
    await updateGlobalConfig({ homes, clock }, ({ current: _, ...config }) =>
      only === undefined ? config : { ...config, current: only },
    );
  }
  return omitUndefined({ undecided: left.length > 1, current: only });
}
