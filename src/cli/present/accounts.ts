import type { AccountsResult, LoginState } from '../../services/beamd/accounts.ts';
import type { SwitchResult } from '../../services/beamd/switch.ts';
import type { Account, Scope } from '../../store/accounts/account.ts';
import { accountTitle } from '../../hints.ts';
import { counted, printable } from '../../text.ts';
import type { AccountsJson, SwitchJson } from '../json/accounts.ts';
import { hintLine, type Style } from '../output/style.ts';
import type { AccountJson, ScopeJson } from '../json/account.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { moment, rfc3339 } from './time.ts';

export function accountsJson({ accounts, problems }: AccountsResult): AccountsJson {
  return {
    accounts: accounts.map(({ account, current, login, lastUsedAt }) =>
      omitUndefined({ ...accountJson(account), current, ...loginJson(login), last_used_at: rfc3339(lastUsedAt) }),
    ),
    problems: problems.map(({ path, message }) => ({ path, message })),
  };
}

function loginJson(login: LoginState): Pick<AccountsJson['accounts'][number], 'state' | 'expires_at'> {
  return login.state === 'valid' ? { state: login.state, expires_at: rfc3339(login.expiresAt) } : { state: login.state };
}

/** One account a line, and what is known of its login; `now` in milliseconds. `*` marks the current one. */
export function presentAccounts({ accounts, problems }: AccountsResult, style: Style, now: number): string {
  const rows = accounts.map(({ account, current, login, lastUsedAt }) => [
    current ? `${style.green('*')} ${style.bold(accountTitle(account))}` : `  ${accountTitle(account)}`,
    account.user === undefined ? '' : printable(account.user),
    summary(account),
    stateWords(login, style, now),
    lastUsedAt === undefined ? '' : `used ${recently(lastUsedAt, now)}`,
  ]);
  const none = `You are not logged in anywhere\n${hintLine({ command: 'beamd login' })}`;
  const lines = [rows.length === 0 ? none : style.table(rows)];
  for (const { path, message } of problems) lines.push(style.warning(`${printable(path, 1_000)}: ${printable(message)}`));
  return lines.join('\n');
}

function stateWords(login: LoginState, style: Style, now: number): string {
  if (login.state === 'valid') return `${style.green('valid')}, expires ${moment(login.expiresAt, now)}`;
  if (login.state === 'ended') return style.red('ended, log in again');
  return login.state === 'locked' ? style.yellow('locked') : '';
}

/** Seconds after a use in which it is not told more exactly: it is noted once a minute. */
const JUST_NOW = 120;

function recently(at: number, now: number): string {
  return Math.abs(now / 1000 - at) < JUST_NOW ? 'just now' : moment(at, now);
}

function summary(account: Account): string {
  if (account.kind === 'token') return 'token';
  const count = counted(account.scopes.length, 'org');
  return account.defaultScope === undefined ? count : `${count}, default ${printable(account.defaultScope)}`;
}

export function switchJson({ account, overriddenBy }: SwitchResult): SwitchJson {
  return omitUndefined({ current: account.server, account: account.name, overridden_by: overriddenBy });
}

export function presentSwitch({ account, overriddenBy }: SwitchResult, style: Style): string {
  const line = style.done(`The current server is now ${style.bold(accountTitle(account))}`);
  if (overriddenBy === undefined) return line;
  const wins = style.warning(`BEAMD_SERVER is set to ${printable(overriddenBy)} and wins over it`);
  return [line, wins, hintLine({ command: 'unset BEAMD_SERVER' })].join('\n');
}

export function scopeJson({ slug, role }: Scope): ScopeJson {
  return omitUndefined({ slug, role });
}

export function accountJson(account: Account): AccountJson {
  return omitUndefined({
    server: account.server,
    account: account.name,
    kind: account.kind,
    scopes: account.scopes.map(scopeJson),
    storage: account.storage,
    user: account.user,
    default_scope: account.defaultScope,
    control_plane: account.controlPlane,
    ended_at: rfc3339(account.endedAt),
  });
}
