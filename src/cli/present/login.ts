import type { DeviceLogin } from '../../auth/dialect/dialect.ts';
import type { LoginResult } from '../../services/login/types.ts';
import { printable } from '../../text.ts';
import type { LoginJson } from '../json/login.ts';
import type { Style } from '../output/style.ts';
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
    lines.push(style.yellow('Never enter a code that someone sent you.'));
  }
  if (login.clockSkew !== undefined) {
    lines.push(style.yellow(`This machine's clock is ${describeSkew(login.clockSkew, 'the server')}. Set it right.`));
  }
  return lines.join('\n');
}

export function loginJson({ account, current, replaced, check }: LoginResult): LoginJson {
  return { account: accountJson(account), current, replaced, check };
}

export function presentLogin({ account, current, check }: LoginResult, style: Style): string {
  const who = account.user === undefined ? '' : ` as ${style.bold(printable(account.user))}`;
  const lines = [`${style.green('Logged in')} to ${style.bold(account.server)}${who}`];
  if (account.kind === 'session') {
    const count = orgCount(account.scopes.length);
    const chosen = account.defaultScope;
    lines.push(chosen === undefined ? 'This login has no orgs' : `Default org ${style.bold(printable(chosen))} (${count})`);
  } else if (check === 'unchecked') {
    lines.push('The token was saved without being checked');
  }
  if (current) lines.push('It is now the current server');
  return lines.join('\n');
}
