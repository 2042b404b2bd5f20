/** The account that a command in a hint is for: the words that name it, and how a sentence does. */

import { shellWord } from './text.ts';
import { withScheme } from './http.ts';

/** What is needed to name an account. */
interface Named {
  readonly server: string;
  /** Absent: the one without a name. */
  readonly name?: string | undefined;
}

/** The account as the command that logs in to it again needs it. */
export interface LoginOf extends Named {
  readonly provider: 'edge' | 'runbeam';
  /** A static token is given anew. */
  readonly kind?: 'session' | 'token';
  readonly controlPlane?: string;
  readonly issuer?: string;
}

/** `--server edge.example.com --account work`. */
export function accountWords({ server, name }: Named): string {
  return name === undefined ? `--server ${server}` : `--server ${server} --account ${name}`;
}

/** `edge.example.com (account work)`. */
export function accountTitle({ server, name }: Named): string {
  return name === undefined ? server : `${server} (account ${name})`;
}

/** The command that logs in to an account again, as hints show it. */
export function loginCommand(account: LoginOf): string {
  if (account.provider === 'runbeam') return 'runbeam login';
  const { issuer } = account;
  return issuer !== undefined && isNamed(account, issuer)
    ? issuerCommand(account, issuer)
    : `beamd login ${accountWords(account)}`;
}

/** The command that logs in to a server through an issuer that its own discovery does not lead to. */
export function issuerCommand(account: Named, issuer: string): string {
  return `beamd login ${accountWords(account)} --issuer ${shellWord(issuer)}`;
}

/** The command that gives an account another CA to trust. */
export function caCommand(account: LoginOf): string {
  return `${loginCommand(account)}${account.kind === 'token' ? ' --token -' : ''} --ca-file FILE`;
}

/** The command that goes on with a login that `login --no-wait` began. */
export function resumeCommand(id: string, program: 'beamd' | 'runbeam'): string {
  return `${program} login --resume ${id}`;
}

/** Whether the issuer had to be named at login: it is not the root of the server, nor of the one that was asked. */
export function isNamed({ server, controlPlane = server }: Pick<LoginOf, 'server' | 'controlPlane'>, issuer: string): boolean {
  const own = [server, controlPlane].map((name) => withScheme(name));
  return !own.includes(issuer.replace(/\/$/, ''));
}
