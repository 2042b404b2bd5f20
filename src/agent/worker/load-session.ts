/** Reading a stored session: all that an agent's first token waits for, so it takes neither a lock nor the network with it. */
import type { AccountStore } from '../../store/accounts/account-store.ts';
import { accountFile } from '../../store/paths.ts';
import type { Homes } from '../../store/paths.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { fileStamp } from './work.ts';
import type { LoadedSession } from './work.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface LoadDeps {
  /** Key of the account. */
  readonly account: string;
  readonly homes: Homes;
  readonly accounts: Pick<AccountStore, 'session'>;
}

/** As `Work.load`. */
export async function loadSession(deps: LoadDeps): Promise<LoadedSession | undefined> {
  // Before the read: a write in between makes the stamp an old one, and the next call reads again.
  const stamp = fileStamp(accountFile(deps.homes, deps.account));
  const session = await deps.accounts.session(deps.account);
  return session === undefined || stamp === undefined ? undefined : loaded(session.account, session.credential, stamp);
}

/** What an agent is told of an account and its credential. */
export function loaded(account: Account, credential: Credential | undefined, stamp: string): LoadedSession {
  return omitUndefined({
    account: omitUndefined({
      server: account.server,
      provider: account.provider,
      kind: account.kind,
      scopes: account.scopes,
      defaultScope: account.defaultScope,
      checkedAt: account.checkedAt,
    }),
    stamp,
    renewable: credential?.refreshToken !== undefined,
    accessToken: credential === undefined ? undefined : credential.accessToken,
    expiresAt: credential?.expiresAt,
    issuedAt: credential?.issuedAt,
    endedAt: account.endedAt,
  });
}
