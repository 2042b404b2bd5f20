import type { LoginResult } from '../../../services/login/types.ts';
import type { BegunLogin } from '../../../services/login/pending.ts';
import { accountTitle, accountWords } from '../../../hints.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { NAMELESS, type AccountRef } from '../../../store/account-key.ts';
import { counted, printable } from '../../../text.ts';
import type { BegunLoginJson, LoginJson } from '../../json/login.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { accountJson } from '../accounts.ts';
import { presentDevice } from './device.ts';
import { moment, rfc3339 } from '../time.ts';

/** After a login that changed nothing about it: which account commands go on to use, and how to use this one. */
function describeCurrent({ server, name }: LoginResult['account'], current: AccountRef, style: Style): string {
  // By its name in either case: where a server has several, a switch to the server alone asks.
  const account = name ?? (server === current.server ? NAMELESS : undefined);
  const change = `beamd switch ${server}${account === undefined ? '' : ` --account ${account}`}`;
  return `The current server is still ${style.bold(printable(accountTitle(current)))}\n${hintLine({ command: change })}`;
}

export function loginJson({ account, current, replaced, earlierSession, check, currentAccount }: LoginResult): LoginJson {
  const named = currentAccount && omitUndefined({ server: currentAccount.server, account: currentAccount.name });
  return omitUndefined({
    account: accountJson(account),
    current,
    replaced,
    earlier_session: earlierSession,
    check,
    current_account: named,
  });
}

/** @returns lines for stdout */
export function presentLogin(result: LoginResult, style: Style): string {
  const { account, current, check, currentAccount } = result;
  const who = account.user === undefined ? '' : ` as ${style.bold(printable(account.user))}`;
  const lines = [style.done(`Logged in to ${style.bold(accountTitle(account))}${who}`)];
  if (account.kind === 'session') lines.push(...orgLines(result, style));
  else if (check === 'unchecked') lines.push('The token was saved without being checked');
  if (current) lines.push('It is now the current server');
  else if (currentAccount !== undefined) lines.push(describeCurrent(account, currentAccount, style));
  return lines.join('\n');
}

/** So many orgs are named; of more it is said how many there are. */
const NAMED_ORGS = 5;

function orgLines(result: LoginResult, style: Style): string[] {
  const { scopes, defaultScope } = result.account;
  if (defaultScope === undefined) return ['This login has no orgs'];
  const line = `Default org ${style.bold(printable(defaultScope))}`;
  if (scopes.length > NAMED_ORGS)
    return [`${line} (${counted(scopes.length, 'org')})`, hintLine({ command: asThisLogin(result, 'beamd orgs') })];
  const others = scopes.filter(({ slug }) => slug !== defaultScope).map(({ slug }) => printable(slug));
  return [others.length === 0 ? line : `${line}; others: ${others.join(', ')}`];
}

/** Which login the project here uses: the folder decides before the current account does. */
type Pinned = 'this' | 'another' | undefined;

/** The command for this login, which another one may go before. */
function asThisLogin({ account, currentAccount }: LoginResult, command: string, pinned?: Pinned): string {
  const chosen = pinned === 'this' || (pinned === undefined && currentAccount === undefined);
  return chosen ? command : `${command} ${accountWords(account)}`;
}

/** Two things to do after a login, for who watches. */
export function loginSteps(result: LoginResult, pinned?: Pinned): NextStep[] {
  const orgs = result.account.scopes.length;
  const exec = [`${asThisLogin(result, 'beamd exec', pinned)} -- COMMAND`, 'run a program with your token'] as const;
  if (pinned === 'this') return [exec, ['beamd status', 'show which server and org this folder uses']];
  if (pinned === 'another') return [exec, ['beamd why server', 'show why this folder uses another login']];
  if (orgs > 1) return [exec, [asThisLogin(result, 'beamd default ORG'), 'make another org the default']];
  return [exec, [asThisLogin(result, 'beamd link'), 'use this server in the current folder']];
}

/** A command, and what it does. */
export type NextStep = readonly [command: string, what: string];

/** What can be done next, on stderr after a result. */
export function presentNextSteps(steps: readonly NextStep[], style: Style): string {
  return `Next:\n${style.table(steps.map(([command, what]) => [`  ${command}`, style.dim(what)]))}`;
}

export function begunLoginJson(begun: BegunLogin): BegunLoginJson {
  const { id, server, login, expiresAt, resume } = begun;
  return omitUndefined({
    id,
    server,
    control_plane: login.controlPlane?.name,
    verification_uri: login.verificationUri,
    verification_uri_complete: login.verificationUriComplete,
    user_code: login.userCode,
    expires_at: rfc3339(expiresAt),
    interval: login.interval,
    resume,
  });
}

/** @param now - milliseconds */
export function presentBegunLogin(begun: BegunLogin, style: Style, now: number): string {
  const ends = style.dim(`The code ends ${moment(begun.expiresAt, now)}`);
  return [presentDevice(begun.login, style), ends, hintLine({ command: begun.resume })].join('\n');
}
