import type { LoggedOut } from '../../../services/login/logout.ts';
import type { RunbeamLogin } from '../../../services/runbeam/session.ts';
import type { Verified } from '../../../services/runbeam/verify.ts';
import { printable } from '../../../text.ts';
import type { RunbeamLoginJson, RunbeamLogoutJson, VerifyJson } from '../../json/runbeam/session.ts';
import type { Style } from '../../output/style.ts';
import { describeSkew, when } from '../time.ts';
import { omitUndefined } from '../../../omit-undefined.ts';

export function presentRunbeamLogin({ account, expiresAt }: RunbeamLogin, style: Style): string {
  const who = account.user === undefined ? '' : ` as ${style.bold(printable(account.user))}`;
  const until = expiresAt === undefined ? '' : `\n${style.dim(`The session lasts until ${when(expiresAt)}`)}`;
  return `${style.green('✓')} Logged in to Runbeam Cloud at ${account.server}${who}${until}`;
}

export function runbeamLoginJson({ account, apiUrl, earlierSession, expiresAt }: RunbeamLogin): RunbeamLoginJson {
  return omitUndefined({
    server: account.server,
    api_url: apiUrl,
    user: account.user,
    earlier_session: earlierSession,
    expires_at: expiresAt,
  });
}

export function presentRunbeamLogout(result: LoggedOut, style: Style): string {
  const lines = [afterwards(result)];
  if (result.keyring === 'deleted') lines.push('Its key was deleted from the OS keyring');
  if (result.keyring === 'left') lines.push('Its key could not be deleted from the OS keyring; it opens nothing any more');
  return [`${style.green('✓')} Logged out of Runbeam Cloud at ${result.server}`, ...lines.map(style.dim)].join('\n');
}

function afterwards({ session, expiresAt }: LoggedOut): string {
  const end = expiresAt === undefined ? 'until it is revoked there' : `until ${when(expiresAt)}`;
  switch (session) {
    case 'revoked':
      return 'The session was revoked';
    case 'none':
      return 'There was no session left to revoke';
    case 'unsupported':
      return `Runbeam Cloud offers no revocation here: the session lives ${end}`;
    case 'unreadable':
      return 'Its secret could not be read to revoke the session, which lives on there';
    case 'unreachable':
      return `The server could not be asked to revoke the session: it lives ${end}`;
  }
}

export function runbeamLogoutJson(result: LoggedOut): RunbeamLogoutJson {
  return omitUndefined({
    server: result.server,
    revocation: result.session,
    expires_at: result.expiresAt,
    keyring: result.keyring,
  });
}

export function presentVerified(result: Verified, style: Style): string {
  return [
    headline(result, style),
    style.pairs([
      ['server', result.server],
      ['user', result.user],
      ['team', result.team],
      [
        'kind',
        result.kind === 'jwt' ? 'JWT, checked against the keys of its issuer' : 'opaque token, checked by asking Runbeam Cloud',
      ],
      ['expires', result.expiresAt === undefined ? undefined : when(result.expiresAt)],
      ['reason', result.reason],
      ['clock', result.clockSkew === undefined ? undefined : style.yellow(describeSkew(result.clockSkew, result.server))],
    ]),
  ].join('\n');
}

function headline({ status }: Verified, style: Style): string {
  switch (status) {
    case 'valid':
      return `${style.green('✓')} The session is valid`;
    case 'rejected':
      return `${style.red('✗')} The session was rejected. Run: runbeam login`;
    case 'unverified':
      return `${style.yellow('?')} The session could not be verified just now; it is not known to be bad`;
  }
}

export function verifyJson(result: Verified): VerifyJson {
  const { status, kind, server, user, team, expiresAt, reason, clockSkew } = result;
  return omitUndefined({
    status,
    kind,
    server,
    user,
    team,
    expires_at: expiresAt,
    reason,
    clock_skew: clockSkew,
  });
}
