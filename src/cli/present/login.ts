import type { LoginResult } from '../../services/login/types.ts';
import { accountTitle } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { NAMELESS, type AccountRef } from '../../store/account-key.ts';
import { printable } from '../../text.ts';
import type { LoginJson } from '../json/login.ts';
import { hintLine, type Style } from '../output/style.ts';
import { accountJson, orgCount } from './accounts.ts';

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

export function presentLogin({ account, current, check, currentAccount }: LoginResult, style: Style): string {
  const who = account.user === undefined ? '' : ` as ${style.bold(printable(account.user))}`;
  const lines = [style.done(`Logged in to ${style.bold(accountTitle(account))}${who}`)];
  if (account.kind === 'session') {
    const count = orgCount(account.scopes.length);
    const chosen = account.defaultScope;
    lines.push(chosen === undefined ? 'This login has no orgs' : `Default org ${style.bold(printable(chosen))} (${count})`);
  } else if (check === 'unchecked') {
    lines.push('The token was saved without being checked');
  }
  if (current) lines.push('It is now the current server');
  else if (currentAccount !== undefined) lines.push(describeCurrent(account, currentAccount, style));
  return lines.join('\n');
}
