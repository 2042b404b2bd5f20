import type { AgentActivity } from '../../../agent/protocol/agent.ts';
import { accountTitle } from '../../../hints.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import type { Seen, SeenAgent } from '../../../services/agents/activity.ts';
import { counted, printable } from '../../../text.ts';
import type { AgentTopJson } from '../../json/agent.ts';
import type { Style } from '../../output/style.ts';
import { unlockLine } from '../lock.ts';
import { rfc3339, span, spanLeft } from '../time.ts';
import { NO_AGENTS } from './agent.ts';
import { timeline } from './timeline.ts';

/** The widest that a line of time is drawn. */
const WIDEST = 72;

/** Characters of what a client says of itself; an agent of another kind may pass on more. */
const LONGEST_NAME = 40;

/** Clients that are shown; `--json` has all. */
const CLIENTS = 5;

export function agentTopJson({ at, agents }: Seen): AgentTopJson {
  return { at: rfc3339(at / 1000), agents: agents.map(agentJson) };
}

function agentJson(agent: SeenAgent): AgentTopJson['agents'][number] {
  const { server, name, state, locked } = agent;
  const head = omitUndefined({ server, account: name, state, locked });
  if (agent.state !== 'running') return head;
  const { pid, version, startedAt, issuedAt, expiresAt, calls, clients, refreshLog } = agent.activity;
  return {
    ...head,
    ...omitUndefined({
      pid,
      version,
      started_at: rfc3339(startedAt),
      issued_at: rfc3339(issuedAt),
      expires_at: rfc3339(expiresAt),
    }),
    calls: calls.map(({ method, count }) => ({ method, count })),
    clients: clients.map(({ says, calls, lastAt }) => ({ says, calls, last_at: rfc3339(lastAt) })),
    refreshes: refreshLog.map(({ at, failed }) => omitUndefined({ at: rfc3339(at), failed })),
  };
}

/** What is left of a line that is too long says so. */
const cut = (text: string, width: number): string => printable(text, width);

export function presentAgentTop({ at, agents }: Seen, style: Style, width: number): string {
  if (agents.length === 0) return NO_AGENTS;
  const text = agents.map((agent) => presentOne(agent, style, at, width).join('\n')).join('\n\n');
  // As wide, and what such a terminal has.
  return style.unicode ? text : text.replaceAll('…', '~');
}

const STATES = { stopped: 'not running', busy: 'does not answer', older: 'of an older version, which tells nothing' } as const;

function presentOne(agent: SeenAgent, style: Style, now: number, width: number): string[] {
  const title = style.bold(cut(accountTitle(agent), width));
  const lock = agent.locked ? locked(agent, style, width - 2) : [];
  if (agent.state !== 'running') return [title, ...[style.dim(cut(STATES[agent.state], width - 2)), ...lock].map(indented)];
  const { pid, version, startedAt } = agent.activity;
  const facts = `up ${span(now / 1000 - startedAt)}, pid ${String(pid)}, version ${version}`;
  // What is locked is held no more, whatever time it has left.
  const drawn = agent.locked ? undefined : timeline(agent.activity, now, Math.min(WIDEST, width - 2), style);
  const refreshed = refreshes(agent.activity);
  const session = agent.locked ? [refreshed] : sideBySide(token(agent.activity, now, width - 2), refreshed, width - 2);
  const lines = [...session, calls(agent.activity)].map((line) => cut(line, width - 2));
  return [
    title,
    ...[cut(facts, width - 2), ...lock, ...(drawn === undefined ? [] : [drawn]), ...lines].map(indented),
    ...clients(agent.activity, now, width - 2).map(indented),
  ];
}

const indented = (line: string): string => `  ${line}`;

/** Its command is whole on any screen: on two lines where one is too narrow. */
function locked(account: SeenAgent, style: Style, width: number): string[] {
  const next = unlockLine(account);
  const lines = next.length <= width ? [next] : next.split(/ (?=--)/).map((line, at) => (at === 0 ? line : `  ${line}`));
  return [style.yellow(cut('the account is locked', width)), ...lines.map((line) => cut(line, width))];
}

/** Without when it was issued, where that does not fit. */
function token({ issuedAt, expiresAt }: AgentActivity, now: number, width: number): string {
  const ago = (at: number): string => `${span(now / 1000 - at)} ago`;
  const ends =
    expiresAt === undefined
      ? 'no end known'
      : expiresAt * 1000 > now
        ? `ends in ${spanLeft(expiresAt - now / 1000)}`
        : `ended ${ago(expiresAt)}`;
  const whole = issuedAt === undefined ? `token: ${ends}` : `token: issued ${ago(issuedAt)}, ${ends}`;
  return whole.length <= width ? whole : `token: ${ends}`;
}

function refreshes({ refreshLog }: AgentActivity): string {
  const failed = refreshLog.filter((each) => each.failed !== undefined).length;
  return `refreshes: ${String(refreshLog.length - failed)}, failed: ${String(failed)}`;
}

/** On two lines where one is too narrow: how many failed is never cut off. */
function sideBySide(first: string, second: string, width: number): string[] {
  const line = `${first}; ${second}`;
  return line.length <= width ? [line] : [first, second];
}

function calls({ calls }: AgentActivity): string {
  const sorted = calls
    .toSorted((a, b) => b.count - a.count)
    .map(({ method, count }) => `${printable(method, 24)} ${String(count)}`);
  return `calls: ${sorted.join(', ') || 'none'}`;
}

/** The text is theirs, and nobody can prove it: so each `says`. */
function clients({ clients }: AgentActivity, now: number, width: number): string[] {
  const recent = clients.toSorted((a, b) => b.lastAt - a.lastAt);
  const lines = recent.slice(0, CLIENTS).map(({ says, calls, lastAt }) => {
    const ago = `${span(now / 1000 - lastAt)} ago`;
    const rest = `: ${counted(calls, 'call')}, ${ago}`;
    const name = cut(says, LONGEST_NAME);
    const line = `says "${name}"${rest}`;
    if (line.length <= width) return line;
    // Names that begin alike are told apart by their ends: they get what room there is.
    const short = `: ${String(calls)}, ${ago}`;
    return cut(`says "${cut(says, Math.max(8, Math.min(LONGEST_NAME, width - short.length - 7)))}"${short}`, width);
  });
  return recent.length > CLIENTS ? [...lines, `and ${String(recent.length - CLIENTS)} more`] : lines;
}
