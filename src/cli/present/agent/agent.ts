import { parseLogLine } from '../../../agent/server/log-line.ts';
import type { AgentLogResult } from '../../../services/agents/log.ts';
import type { AgentPlace, AgentStatusResult, LocksItself, StartResult, StopResult } from '../../../services/beamd/agent.ts';
import { accountTitle, accountWords } from '../../../hints.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { printable } from '../../../text.ts';
import type { LockResult } from '../../../services/agents/passphrase.ts';
import type {
  AgentLockJson,
  AgentLogJson,
  AgentLogLineJson,
  AgentStartJson,
  AgentStatusJson,
  AgentStopJson,
  AllAgentsJson,
} from '../../json/agent.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { agentStateJson, describeAgent } from '../status.ts';
import { moment, rfc3339, span } from '../time.ts';

export function agentStartJson({ server, name, info, already, socket, origins }: StartResult): AgentStartJson {
  const { pid, version } = info;
  const known = omitUndefined({ server, account: name, pid, version, already_running: already, socket });
  return { ...known, origins: [...origins] };
}

export function presentAgentStart({ info, already, ...account }: StartResult, style: Style): string {
  const line = `The agent of ${style.bold(accountTitle(account))} is ${already ? 'already ' : ''}running (pid ${info.pid})`;
  return already ? line : style.done(line);
}

export function agentLockJson({ server, name, locked, changed, locksItself }: LockResult): AgentLockJson {
  return omitUndefined({ server, account: name, locked, changed, ...locksItselfJson(locksItself) });
}

function locksItselfJson(lock: LocksItself | undefined) {
  return lock === undefined ? {} : { locks_at: rfc3339(lock.at), locks_on_suspend: lock.onSuspend };
}

/** `in 8 h (2026-11-28 20:14) and when this machine wakes up`; `now` in milliseconds. */
function whenItLocks({ at, onSuspend }: LocksItself, now: number): string {
  const when = [at === undefined ? '' : moment(at, now), onSuspend ? 'when this machine wakes up' : ''];
  return when.filter((text) => text !== '').join(' and ');
}

/** @param now - milliseconds */
export function presentAgentLock(result: LockResult, style: Style, now: number): string {
  const { asked, changed, locksItself, ...account } = result;
  const whose = `The account on ${style.bold(accountTitle(account))}`;
  if (asked === 'confirm' || asked === 'no confirm') {
    const what = `${whose} is ${asked === 'confirm' ? '' : 'not '}asked about before each use`;
    return changed ? style.done(what) : `${what}, as before`;
  }
  if (asked === 'never') return changed ? style.done(`${whose} locks itself no more`) : `${whose} did not lock itself`;
  if (asked === 'later' && locksItself !== undefined) return style.done(`${whose} locks itself ${whenItLocks(locksItself, now)}`);
  const again = locksItself === undefined ? '' : `\nIt locks itself ${whenItLocks(locksItself, now)}`;
  return presentLocked(result, style) + again;
}

function presentLocked({ locked, changed, ...account }: LockResult, style: Style): string {
  const state = locked ? 'locked' : 'unlocked';
  const next = locked ? `\n${hintLine({ command: `beamd agent unlock ${accountWords(account)}` })}` : '';
  const line = `The account on ${style.bold(accountTitle(account))} ${changed ? 'is now' : 'was already'} ${state}`;
  return (changed ? style.done(line) : line) + next;
}

export function agentStopJson({ server, name, stopped }: StopResult): AgentStopJson {
  return omitUndefined({ server, account: name, stopped });
}

export function presentAgentStop({ stopped, ...account }: StopResult, style: Style): string {
  const agent = `The agent of ${style.bold(accountTitle(account))}`;
  return stopped ? style.done(`${agent} was stopped`) : `${agent} was not running`;
}

export function agentStatusJson({ server, name, agent, socket, origins, locksItself }: AgentStatusResult): AgentStatusJson {
  const known = { server, account: name, ...agentStateJson(agent), socket, ...locksItselfJson(locksItself) };
  return { ...omitUndefined(known), origins: [...origins] };
}

/** @param now - milliseconds */
export function presentAgentStatus(
  { agent, locksItself, ...account }: Omit<AgentStatusResult, keyof AgentPlace>,
  style: Style,
  now: number,
): string {
  const lock = locksItself === undefined ? '' : `\nThe account locks itself ${whenItLocks(locksItself, now)}`;
  return `${style.bold(accountTitle(account))}: ${describeAgent(agent, now)}${lock}`;
}

export function allAgentsJson(agents: readonly AgentStatusResult[]): AllAgentsJson {
  return { agents: agents.map(agentStatusJson) };
}

/** A line each; `now` in milliseconds. */
export function presentAllAgents(agents: readonly AgentStatusResult[], style: Style, now: number): string {
  if (agents.length === 0) return 'No accounts, and so no agents';
  const rows = agents.map(({ agent, ...account }) => {
    const title = style.bold(accountTitle(account));
    if (agent.state === 'stopped') return [title, style.dim('not running')];
    if (agent.state === 'busy') return [title, style.yellow('does not answer')];
    const { pid, version, startedAt, refreshes, served } = agent.status;
    const up = span(now / 1000 - startedAt);
    return [title, style.green('running'), up, String(pid), printable(version), String(served), String(refreshes)];
  });
  const head = ['account', 'agent', 'for', 'pid', 'version', 'served', 'refreshed'];
  return style.table(rows, rows.some((row) => row.length > 2) ? head : head.slice(0, 2));
}

export function agentLogJson({ server, name, path, lines }: AgentLogResult): AgentLogJson {
  return { ...omitUndefined({ server, account: name, path }), lines: [...lines] };
}

/** One value for each line. */
export function agentLogLinesJson({ server, name, lines }: AgentLogResult): AgentLogLineJson[] {
  return lines.map((line) => {
    const { time, event, detail } = parseLogLine(line);
    return { ...omitUndefined({ server, account: name, time, event }), detail: { ...detail } };
  });
}

export function presentAgentLog({ lines }: AgentLogResult, style: Style): string {
  return lines.map((line) => presentLine(printable(line, 2_000), style)).join('\n');
}

/** What somebody who looks for trouble looks for. */
const TROUBLE = /^(?:refresh failed|call failed|connection refused|wrong passphrase|not logged|outdated|lost its place)\b/;

function presentLine(line: string, style: Style): string {
  const { time, event } = parseLogLine(line);
  if (time === undefined || !style.colour) return line;
  const rest = line.slice(time.length + 1);
  return `${style.dim(time)} ${TROUBLE.test(event) ? style.red(rest) : rest}`;
}
