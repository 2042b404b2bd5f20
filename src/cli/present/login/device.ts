/** What a device login shows before it is approved: plainly where nobody watches, and as a screen on a terminal. */
import type { ShownLogin } from '../../../auth/dialect/dialect.ts';
import type { ServerTrouble } from '../../../auth/device-flow/poll.ts';
import type { Approval } from '../../../services/login/types.ts';
import { printable } from '../../../text.ts';
import type { Style } from '../../output/style.ts';
import type { Room } from './qr.ts';
import { describeSkew } from '../time.ts';

const PHISHING = 'Never enter a code that someone sent you.';

/** What the user has to do, on stderr, before anything else happens. The URLs are whole: the host is what to look at. */
export function presentDevice(login: ShownLogin, style: Style, begun?: Approval['begun']): string {
  const complete = otherPage(login);
  const lines = [...already(begun), ...via(login, style), `Open ${style.bold(page(login.verificationUri))} in a browser`];
  if (login.userCode !== undefined) lines.push(`and enter the code ${style.bold(code(login.userCode))}`);
  if (complete !== undefined) lines.push(`or open ${complete} and compare the code`);
  return [...lines, ...warnings(login, style)].join('\n');
}

/** What the screen tells. */
export type ShownApproval = Pick<Approval, 'login' | 'place' | 'replaces' | 'begun'>;

/** The screen, as lines. */
export function presentDeviceScreen({ login, place, replaces, begun }: ShownApproval, style: Style, room: Room): string[] {
  const complete = otherPage(login);
  const lines = [...via(login, style), `Log in to ${style.bold(printable(place))}`];
  lines.push(...already(begun));
  if (replaces !== undefined) lines.push(`This replaces the login of ${printable(replaces)}`);
  lines.push('', 'Open this page:', linkLine(login.verificationUri, style, room));
  if (login.userCode !== undefined) lines.push('', 'and enter the code:', ...box(code(login.userCode), style, room));
  if (complete !== undefined) lines.push('', 'or open this one and compare the code:', linkLine(complete, style, room));
  return [...lines, '', ...warnings(login, style)];
}

/** That the code is not a new one. */
function already(begun: Approval['begun']): string[] {
  if (begun === undefined) return [];
  return [
    begun === 'joined' ? 'A login is under way elsewhere: this joins it' : 'This goes on with a login that was begun before',
  ];
}

function via({ controlPlane }: ShownLogin, style: Style): string[] {
  return controlPlane === undefined ? [] : [`${controlPlane.server} sends this login to ${style.bold(controlPlane.name)}`];
}

function warnings({ clockSkew }: ShownLogin, style: Style): string[] {
  const lines = [style.warning(PHISHING)];
  if (clockSkew === undefined) return lines;
  return [...lines, style.warning(`This machine's clock is ${describeSkew(clockSkew, 'the server')}. Set it right.`)];
}

function page(url: string): string {
  return printable(url, 2_048);
}

function code(text: string): string {
  return printable(text, 64);
}

/** The page with the code in it, where that is another one and there is a code to compare. */
function otherPage({ userCode, verificationUri, verificationUriComplete: complete }: ShownLogin): string | undefined {
  return userCode === undefined || complete === verificationUri || complete === undefined ? undefined : page(complete);
}

/** The whole address on a line of its own, so that the terminal alone breaks it: one that it breaks can still be copied. */
function linkLine(url: string, style: Style, { columns = Infinity }: Room): string {
  const text = page(url);
  return (text.length + 2 > columns ? '' : '  ') + hyperlink(text, style);
}

/** An address that a terminal can open (OSC 8), its host in bold. Only what was checked to be http or https comes here. */
function hyperlink(url: string, style: Style): string {
  if (!style.colour) return url;
  const [scheme = '', host = '', rest = ''] = /^(https?:\/\/)([^/?#]*)(.*)$/su.exec(url)?.slice(1) ?? [];
  if (host === '') return url;
  return `\u001b]8;;${url}\u001b\\${scheme}${style.bold(host)}${rest}\u001b]8;;\u001b\\`;
}

function box(text: string, style: Style, { columns = Infinity }: Room): string[] {
  const width = text.length + 6;
  if (width + 4 > columns) return [`  ${style.bold(text)}`];
  const [topLeft, topRight, bottomLeft, bottomRight, flat, side] = style.unicode ? '╭╮╰╯─│' : '++++-|';
  const line = String(flat).repeat(width);
  return [`  ${topLeft}${line}${topRight}`, `  ${side}   ${style.bold(text)}   ${side}`, `  ${bottomLeft}${line}${bottomRight}`];
}

/** What is wrong while a login waits; `host` is the server that is asked. */
export function describeTrouble(trouble: ServerTrouble, host: string): string {
  const name = printable(host);
  switch (trouble) {
    case 'slow_down':
      return `${name} wants to be asked less often`;
    case 'network':
      return `${name} cannot be reached`;
    case 'timeout':
      return `${name} does not answer`;
    case 'server_error':
      return `${name} is in trouble`;
  }
}

/** `9:58`: what is left, to the second. `ms` is milliseconds. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
