/** `beamd agent forward`: what is forwarded, how, and each use of it. */
import type { ForwardedUse, Forwarding } from '../../../services/agents/forward.ts';
import { accountTitle } from '../../../hints.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { printable, shellWord } from '../../../text.ts';
import type { AgentForwardJson } from '../../json/agent.ts';
import type { Style } from '../../output/style.ts';
import { moment, rfc3339 } from '../time.ts';

export function agentForwardJson(forwarding: Forwarding, command: readonly string[]): AgentForwardJson {
  const { server, name, scope, until, socket, remote } = forwarding;
  const what = { server, account: name, scope, until: rfc3339(until), socket, remote_socket: remote };
  return { ...omitUndefined(what), command: [...command] };
}

/** The line that a person types, in words of a shell. */
export function presentSshCommand(command: readonly string[]): string {
  return command.map(shellWord).join(' ');
}

/** What the other side gets. @param now - milliseconds */
export function presentForwarding({ scope, until, ...account }: Forwarding, host: string, style: Style, now: number): string {
  const org = scope === undefined ? '' : ` for ${style.bold(printable(scope))}`;
  return `${printable(host)} gets tokens of ${style.bold(accountTitle(account))}${org}, and nothing else; that ends ${moment(until, now)}`;
}

/** What is to be typed on the other side. */
export function presentRemoteLine({ remote }: Pick<Forwarding, 'remote'>): string {
  return `There: export BEAMD_AGENT_SOCK=${remote}`;
}

/** A use, as it happens. */
export function presentUse({ method, client, more }: ForwardedUse, host: string): string {
  return `beamd: ${method} for "${printable(client, 40)}" on ${printable(host)}${more === undefined ? '' : `, and ${String(more)} more before`}`;
}
