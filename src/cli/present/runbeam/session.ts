import type { LoggedOut } from '../../../services/login/logout.ts';
import type { RunbeamLogin } from '../../../services/runbeam/session.ts';
import type { Verified } from '../../../services/runbeam/verify.ts';
import { printable } from '../../../text.ts';
import type { RunbeamLoginJson, RunbeamLogoutJson, VerifyJson } from '../../json/runbeam/session.ts';
import { hintLine, type Style } from '../../output/style.ts';
import type { NextStep } from '../login/login.ts';
import { describeSkew, moment, rfc3339, said } from '../time.ts';
import { omitUndefined } from '../../../omit-undefined.ts';

/** @param now - milliseconds */
export function presentRunbeamLogin({ account, expiresAt, check }: RunbeamLogin, style: Style, now: number): string {
  const who = account.user === undefined ? '' : ` as ${style.bold(printable(account.user))}`;
  const until = expiresAt === undefined ? '' : `\n${style.dim(`The session ends ${moment(expiresAt, now)}`)}`;
  const doubt = check === 'unchecked' ? `\n${style.dim('Whether the token is good was not checked')}` : '';
  return style.done(`Logged in to Runbeam Cloud at ${account.server}${who}${until}${doubt}`);
}

/** Two things to do after a login to Runbeam Cloud. */
export const RUNBEAM_STEPS: readonly NextStep[] = [
  ['runbeam harmony:add -l LABEL', 'register a gateway'],
  ['runbeam harmony:authorize -l LABEL', 'give it a machine token'],
];

export function runbeamLoginJson({ account, apiUrl, earlierSession, check, expiresAt }: RunbeamLogin): RunbeamLoginJson {
  return omitUndefined({
    server: account.server,
    api_url: apiUrl,
    user: account.user,
    earlier_session: earlierSession,
    check,
    expires_at: rfc3339(expiresAt),
  });
}

/** @param now - milliseconds */
export function presentRunbeamLogout(result: LoggedOut, style: Style, now: number): string {
  const lines = [afterwards(result, now)];
  if (result.keyring === 'deleted') lines.push('Its key was deleted from the OS keyring');
  if (result.keyring === 'left') lines.push('Its key could not be deleted from the OS keyring; it opens nothing any more');
  return [style.done(`Logged out of Runbeam Cloud at ${result.server}`), ...lines.map(style.dim)].join('\n');
}

function afterwards({ session, expiresAt }: LoggedOut, now: number): string {
  const end = expiresAt === undefined ? 'lives until it is revoked there' : `ends ${moment(expiresAt, now)}`;
  switch (session) {
    case 'revoked':
      return 'The session was revoked';
    case 'none':
      return 'There was no session left to revoke';
    case 'unsupported':
      return `Runbeam Cloud offers no revocation here: the session ${end}`;
    case 'unreadable':
      return 'Its secret could not be read to revoke the session, which lives on there';
    case 'unreachable':
      return `The server could not be asked to revoke the session: it ${end}`;
  }
}

export function runbeamLogoutJson(result: LoggedOut): RunbeamLogoutJson {
  return omitUndefined({
    server: result.server,
    revocation: result.session,
    expires_at: rfc3339(result.expiresAt),
    keyring: result.keyring,
  });
}

/** @param now - milliseconds */
export function presentVerified(result: Verified, style: Style, now: number): string {
  return [
    headline(result, style),
    style.pairs([
      ['server', result.server],
      ['acts as', result.title],
      ['passed over', result.passedOver.length === 0 ? undefined : result.passedOver.join(', ')],
      ['issuer', result.issuer],
      ['subject', result.subject],
      ['audience', result.audience?.join(', ')],
      ['user', result.user],
      ['team', result.team],
      ['kind', kindOf(result)],
      ['expires', result.expiresAt === undefined ? undefined : moment(result.expiresAt, now)],
      ['failed', result.failedCheck?.replaceAll('_', ' ')],
      ['reason', reasonOf(result, now)],
      ['clock', result.clockSkew === undefined ? undefined : style.yellow(describeSkew(result.clockSkew, result.server))],
    ]),
    ...(result.status === 'rejected' ? [hintLine(result.again)] : []),
  ].join('\n');
}

function reasonOf({ reason: message, reasonAt: at }: Verified, now: number): string | undefined {
  return message === undefined ? undefined : said({ message, at }, now);
}

/** How it was checked, if it was. */
function kindOf({ kind, status, bySecret, failedCheck }: Verified): string {
  if (failedCheck === 'format') return 'neither a JWT nor an opaque token';
  const name = kind === 'jwt' ? 'JWT' : 'opaque token';
  if (status === 'unverified') return `${name}, not checked`;
  if (kind === 'opaque') return `${name}, checked by asking Runbeam Cloud`;
  return `${name}, checked ${bySecret ? 'with RUNBEAM_JWT_SECRET' : 'against the keys of its issuer'}`;
}

function headline({ status, as }: Verified, style: Style): string {
  const what = as === 'login' ? 'session' : 'token';
  switch (status) {
    case 'valid':
      return style.done(`The ${what} is valid`);
    case 'rejected':
      return style.failed(`The ${what} was rejected`);
    case 'unverified':
      return style.warning(`The ${what} could not be verified just now; it is not known to be bad`);
  }
}

export function verifyJson(result: Verified): VerifyJson {
  const { status, kind, server, as, title, issuer, subject, user, team, expiresAt, reason, clockSkew } = result;
  const [passedOver, audience] = [[...result.passedOver], result.audience && [...result.audience]];
  return omitUndefined({
    status,
    kind,
    server,
    acts_as: { kind: as === 'machine-token' ? 'machine_token' : as, title },
    passed_over: passedOver,
    issuer,
    subject,
    audience,
    user,
    team,
    expires_at: rfc3339(expiresAt),
    failed_check: result.failedCheck,
    reason,
    clock_skew: clockSkew,
  });
}
