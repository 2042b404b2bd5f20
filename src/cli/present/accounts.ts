import type { AccountsResult } from '../../services/beamd/accounts.ts';
import type { SwitchResult } from '../../services/beamd/switch.ts';
import type { Account, Scope } from '../../store/accounts/account.ts';
import { accountTitle } from '../../hints.ts';
import { printable } from '../../text.ts';
import type { AccountsJson, SwitchJson } from '../json/accounts.ts';
import type { Style } from '../output/style.ts';
import type { AccountJson, ScopeJson } from '../json/account.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export function accountsJson({ accounts, problems }: AccountsResult): AccountsJson {
  return {
    accounts: accounts.map(({ account, current }) => ({ ...accountJson(account), current })),
    problems: problems.map(({ path, message }) => ({ path, message })),
  };
}

/** One account a line; `*` marks the current one. */
export function presentAccounts({ accounts, problems }: AccountsResult, style: Style): string {
  const rows = accounts.map(({ account, current }) => [
    current ? `${style.green('*')} ${style.bold(accountTitle(account))}` : `  ${accountTitle(account)}`,
    account.user === undefined ? '' : printable(account.user),
    summary(account),
    account.endedAt === undefined ? '' : style.red('log in again'),
  ]);
  const lines = [rows.length === 0 ? 'You are not logged in anywhere. Run: beamd login' : style.table(rows)];
  for (const { path, message } of problems) lines.push(style.yellow(`${printable(path, 1_000)}: ${printable(message)}`));
  return lines.join('\n');
}

function summary(account: Account): string {
  if (account.kind === 'token') return 'token';
  const count = orgCount(account.scopes.length);
  return account.defaultScope === undefined ? count : `${count}, default ${printable(account.defaultScope)}`;
}

export function switchJson({ account, overriddenBy }: SwitchResult): SwitchJson {
  return omitUndefined({ current: account.server, account: account.name, overridden_by: overriddenBy });
}

export function presentSwitch({ account, overriddenBy }: SwitchResult, style: Style): string {
  const line = `The current server is now ${style.bold(accountTitle(account))}`;
  if (overriddenBy === undefined) return line;
  return `${line}\n${style.yellow(`BEAMD_SERVER is set to ${printable(overriddenBy)} and wins until you unset it`)}`;
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
    ended_at: account.endedAt,
  });
}

/** `1 org`, `3 orgs`. */
export function orgCount(count: number): string {
  return count === 1 ? '1 org' : `${count} orgs`;
}
