import type { AgentActivity } from '../../../agent/protocol/agent.ts';
import { accountTitle } from '../../../hints.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import type { Seen, SeenAgent } from '../../../services/agents/activity.ts';
import { printable } from '../../../text.ts';
import type { AgentTopJson } from '../../json/agent.ts';
import type { Style } from '../../output/style.ts';
import { rfc3339, span, spanLeft } from '../time.ts';
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
  const { server, name, state } = agent;
  const head = omitUndefined({ server, account: name, state });
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
  if (agents.length === 0) return 'No accounts, and so no agents';
  const text = agents.map((agent) => presentOne(agent, style, at, width).join('\n')).join('\n\n');
  // As wide, and what such a terminal has.
  return style.unicode ? text : text.replaceAll('…', '~');
}

const STATES = { stopped: 'not running', busy: 'does not answer', older: 'of an older version, which tells nothing' } as const;

function presentOne(agent: SeenAgent, style: Style, now: number, width: number): string[] {
  const title = style.bold(cut(accountTitle(agent), width));
  if (agent.state !== 'running') return [title, `  ${style.dim(cut(STATES[agent.state], width - 2))}`];
  const { pid, version, startedAt } = agent.activity;
  const facts = `up ${span(now / 1000 - startedAt)}, pid ${String(pid)}, version ${version}`;
  const drawn = timeline(agent.activity, now, Math.min(WIDEST, width - 2), style);
  return [
    title,
    `  ${cut(facts, width - 2)}`,
    ...(drawn === undefined ? [] : [`  ${drawn}`]),
    ...[session(agent.activity, now), calls(agent.activity)].map((line) => `  ${cut(line, width - 2)}`),
    ...clients(agent.activity, now, width - 2).map((line) => `  ${line}`),
  ];
}

function session({ issuedAt, expiresAt, refreshLog }: AgentActivity, now: number): string {
  const ago = (at: number): string => `${span(now / 1000 - at)} ago`;
  const failed = refreshLog.filter((each) => each.failed !== undefined).length;
  const ends =
    expiresAt === undefined
      ? 'no end known'
      : expiresAt * 1000 > now
        ? `ends in ${spanLeft(expiresAt - now / 1000)}`
        : `ended ${ago(expiresAt)}`;
  const issued = issuedAt === undefined ? '' : `issued ${ago(issuedAt)}, `;
  return `token: ${issued}${ends}; refreshes: ${String(refreshLog.length - failed)}, failed: ${String(failed)}`;
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
    const rest = `: ${String(calls)} calls, ${span(now / 1000 - lastAt)} ago`;
    return cut(`says "${cut(says, Math.min(LONGEST_NAME, Math.max(8, width - rest.length - 7)))}"${rest}`, width);
  });
  return recent.length > CLIENTS ? [...lines, `and ${String(recent.length - CLIENTS)} more`] : lines;
}
