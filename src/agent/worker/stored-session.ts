/** The stored session, read: it takes neither a lock nor the network, since an agent's first token waits for it. */
import type { Clock } from '../../clock.ts';
import type { Env } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle, loginCommand } from '../../hints.ts';
import type { Http, ServerTrust } from '../../http.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Account, Credential, AccountStore } from '../../store/accounts/account.ts';
import { accountStamp } from '../../store/accounts/account-stamp.ts';
import { accountFile, type Homes } from '../../store/paths.ts';
import type { LoadedSession, Work } from '../protocol/agent.ts';

export interface WorkDeps {
  /** Key of the account the work is for. */
  readonly account: string;
  readonly accounts: AccountStore;
  readonly homes: Homes;
  readonly env: Env;
  readonly clock: Clock;
  /** As `httpFor` makes it. */
  readonly http: (account: ServerTrust) => Http;
  /** Called right before a refresh token is sent: from then on this process must not end by itself. */
  readonly onSpend?: () => void;
  /** Refreshes elsewhere, where this process may be interrupted. Default: here. */
  readonly refresh?: Work['refresh'];
}

/** As the job `load`. */
export async function loadSession(deps: WorkDeps): Promise<LoadedSession | undefined> {
  // Before the read: a write in between makes the stamp an old one, and the next call reads again.
  const stamp = accountStamp(accountFile(deps.homes, deps.account));
  const session = await deps.accounts.session(deps.account);
  return session === undefined || stamp === undefined ? undefined : loaded(session.account, session.credential, stamp);
}

/** What an agent is told of an account and its credential. */
export function loaded(account: Account, credential: Credential | undefined, stamp: string): LoadedSession {
  const { autoLock } = account;
  return omitUndefined({
    account: omitUndefined({
      server: account.server,
      provider: account.provider,
      kind: account.kind,
      scopes: account.scopes,
      defaultScope: account.defaultScope,
      checkedAt: account.checkedAt,
      network: account.network,
      confirm: account.confirm,
      autoLock: autoLock && omitUndefined({ after: autoLock.after, onSuspend: autoLock.onSuspend, since: autoLock.since }),
    }),
    stamp,
    renewable: credential?.refreshToken !== undefined,
    accessToken: credential?.accessToken,
    expiresAt: credential?.expiresAt,
    issuedAt: credential?.issuedAt,
    endedAt: account.endedAt,
  });
}

/** The account and its credential. Throws `login_required`, `session_ended`. */
export async function liveSession(deps: WorkDeps): Promise<{ readonly account: Account; readonly credential: Credential }> {
  const found = await deps.accounts.session(deps.account);
  if (found === undefined) throw new BeamError('login_required', 'You are not logged in', { hint: { command: 'beamd login' } });
  const { account, credential } = found;
  if (credential === undefined) throw sessionOver(account);
  return { account, credential };
}

export function sessionOver(account: Account, cause?: unknown): BeamError {
  return new BeamError('session_ended', `Your session on ${accountTitle(account)} has ended`, {
    hint: { command: loginCommand(account) },
    cause,
  });
}
