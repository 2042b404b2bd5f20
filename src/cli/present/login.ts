import type { DeviceLogin } from '../../auth/dialect/dialect.ts';
import type { LoginResult } from '../../services/login/types.ts';
import { accountTitle } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { NAMELESS, type AccountRef } from '../../store/account-key.ts';
import { printable } from '../../text.ts';
import type { LoginJson } from '../json/login.ts';
import { hintLine, type Style } from '../output/style.ts';
import { accountJson, orgCount } from './accounts.ts';
import { describeSkew } from './time.ts';

/** What the user has to do, on stderr, before anything else happens. The URLs are whole: the host is what to look at. */
export function presentDevice(login: DeviceLogin, style: Style): string {
  const uri = printable(login.verificationUri, 2_048);
  const complete = login.verificationUriComplete;
  const { controlPlane } = login;
  const lines = controlPlane === undefined ? [] : [`${controlPlane.server} sends this login to ${style.bold(controlPlane.name)}`];
  lines.push(`Open ${style.bold(uri)} in a browser`);
  if (login.userCode !== undefined) {
    lines.push(`and enter the code ${style.bold(printable(login.userCode, 64))}`);
    if (complete !== undefined && complete !== login.verificationUri) {
      lines.push(`or open ${printable(complete, 2_048)} and compare the code`);
    }
    lines.push(style.warning('Never enter a code that someone sent you.'));
  }
  if (login.clockSkew !== undefined) {
    lines.push(style.warning(`This machine's clock is ${describeSkew(login.clockSkew, 'the server')}. Set it right.`));
  }
  return lines.join('\n');
}

/** After a login that changed nothing about it: which account commands go on to use, and how to use this one. */
function describeCurrent({ server, name }: LoginResult['account'], current: AccountRef, style: Style): string {
  // By its name in either case: where a server has several, a switch to the server alone asks.
  const account = name ?? (server === current.server ? NAMELESS : undefined);
  const change = `beamd switch ${server}${account === undefined ? '' : ` --account ${account}`}`;
  return `The current server is still ${style.bold(printable(accountTitle(current)))}\n${hintLine({ command: change })}`;
}

export function loginJson({ account, current, replaced, check, currentAccount }: LoginResult): LoginJson {
  const named = currentAccount && omitUndefined({ server: currentAccount.server, account: currentAccount.name });
  return omitUndefined({ account: accountJson(account), current, replaced, check, current_account: named });
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
