import type { LoggedOut, LogoutResult } from '../../../services/login/logout.ts';
import { accountTitle } from '../../../hints.ts';
import { printable } from '../../../text.ts';
import type { LogoutJson } from '../../json/login.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { moment, rfc3339 } from '../time.ts';
import { omitUndefined } from '../../../omit-undefined.ts';

export function logoutJson({ accounts, current }: LogoutResult): LogoutJson {
  return omitUndefined({
    accounts: accounts.map(({ server, name, user, kind, session, expiresAt, agentStopped, keyring }) =>
      omitUndefined({
        server,
        account: name,
        kind,
        session,
        agent_stopped: agentStopped,
        user,
        expires_at: rfc3339(expiresAt),
        keyring,
      }),
    ),
    current: current?.server,
    current_account: current?.name,
  });
}

/** @param now - milliseconds */
export function presentLogout({ accounts, current, undecided }: LogoutResult, style: Style, now: number): string {
  const lines = accounts.flatMap((account) => presentOne(account, style, now));
  if (current !== undefined) lines.push(`The current server is ${style.bold(accountTitle(current))}`);
  if (undecided) lines.push('No server is the current one now', hintLine({ command: 'beamd switch SERVER' }));
  return lines.join('\n');
}

function presentOne(account: LoggedOut, style: Style, now: number): string[] {
  const who = account.user === undefined ? '' : ` (${printable(account.user)})`;
  const lines = [style.done(`Logged out of ${style.bold(accountTitle(account))}${who}: ${remains(account, now)}`)];
  if (account.agentStopped) lines.push('  its agent was stopped');
  if (account.keyring === 'deleted') lines.push('  its key was deleted from the OS keyring');
  if (account.keyring === 'left') lines.push('  its key could not be deleted from the OS keyring; it opens nothing any more');
  return lines;
}

function remains({ kind, session, expiresAt }: LoggedOut, now: number): string {
  if (session === 'revoked') return 'the session was revoked and deleted here';
  if (session === 'none') return 'nothing was left to revoke; deleted here';
  if (kind === 'token') return 'the token was deleted here; it stays valid until the server drops it';
  if (session === 'unreadable') return 'deleted here; its secret could not be read to revoke the session, which lives on there';
  const ends = expiresAt === undefined ? '' : `; its access token expires ${moment(expiresAt, now)}`;
  return session === 'unsupported'
    ? `deleted here; the server offers no revocation, so the session lives on there${ends}`
    : `deleted here; the server could not be reached, so the session lives on there${ends}`;
}
