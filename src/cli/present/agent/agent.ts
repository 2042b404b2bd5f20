import { parseLogLine } from '../../../agent/server/log-line.ts';
import type { AgentLogResult } from '../../../services/agents/log.ts';
import type { AgentPlace, AgentStatusResult, StartResult, StopAllResult, StopResult } from '../../../services/beamd/agent.ts';
import { accountTitle } from '../../../hints.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { printable } from '../../../text.ts';
import type {
  AgentLogJson,
  AgentLogLineJson,
  AgentStartJson,
  AgentStatusJson,
  AgentStopJson,
  AllAgentsJson,
  AllStoppedJson,
} from '../../json/agent.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { locksItselfJson, unlockLine, whenItLocks } from '../lock.ts';
import { agentStateJson, describeAgent } from '../status.ts';
import { span } from '../time.ts';

export function agentStartJson({ server, name, info, already, socket, origins }: StartResult): AgentStartJson {
  const { pid, version } = info;
  const known = omitUndefined({ server, account: name, pid, version, already_running: already, socket });
  return { ...known, origins: [...origins] };
}

export function presentAgentStart({ info, already, ...account }: StartResult, style: Style): string {
  const line = `The agent of ${style.bold(accountTitle(account))} is ${already ? 'already ' : ''}running (pid ${info.pid})`;
  return already ? line : style.done(line);
}

export function agentStopJson({ server, name, stopped }: StopResult): AgentStopJson {
  return omitUndefined({ server, account: name, stopped });
}

export function presentAgentStop({ stopped, ...account }: StopResult, style: Style): string {
  const agent = `The agent of ${style.bold(accountTitle(account))}`;
  return stopped ? style.done(`${agent} was stopped`) : `${agent} was not running`;
}

export function allStoppedJson({ agents }: StopAllResult): AllStoppedJson {
  return {
    agents: agents.map(({ problem, ...agent }) => omitUndefined({ ...agentStopJson(agent), problem: problem?.toJSON() })),
  };
}

/** A line each, and the next step below one that could not be stopped. */
export function presentAllStopped({ agents }: StopAllResult, style: Style): string {
  if (agents.length === 0) return NO_AGENTS;
  return agents
    .flatMap(({ problem, ...agent }) =>
      problem === undefined
        ? [presentAgentStop(agent, style)]
        : [style.failed(printable(problem.message)), ...(problem.hint === undefined ? [] : [hintLine(problem.hint)])],
    )
    .join('\n');
}

export function agentStatusJson({
  server,
  name,
  agent,
  socket,
  origins,
  locked,
  locksItself,
}: AgentStatusResult): AgentStatusJson {
  const known = { server, account: name, ...agentStateJson(agent), socket, locked, ...locksItselfJson(locksItself) };
  return { ...omitUndefined(known), origins: [...origins] };
}

/** @param now - milliseconds */
export function presentAgentStatus(
  { agent, locked, locksItself, ...account }: Omit<AgentStatusResult, keyof AgentPlace>,
  style: Style,
  now: number,
): string {
  const lock = locksItself === undefined ? '' : `\nThe account locks itself ${whenItLocks(locksItself, now)}`;
  const isLocked = locked === true ? `\n${style.yellow('The account is locked')}\n${unlockLine(account)}` : '';
  return `${style.bold(accountTitle(account))}: ${describeAgent(agent, now)}${lock}${isLocked}`;
}

export function allAgentsJson(agents: readonly AgentStatusResult[]): AllAgentsJson {
  return { agents: agents.map(agentStatusJson) };
}

/** Where there is none. */
export const NO_AGENTS = 'No accounts, and so no agents';

/** A line each; `now` in milliseconds. */
export function presentAllAgents(agents: readonly AgentStatusResult[], style: Style, now: number): string {
  if (agents.length === 0) return NO_AGENTS;
  const rows = agents.map(({ agent, locked, ...account }) => {
    const title = style.bold(accountTitle(account));
    const is = locked === true ? `, ${style.yellow('locked')}` : '';
    if (agent.state === 'stopped') return [title, style.dim('not running') + is];
    if (agent.state === 'busy') return [title, style.yellow('does not answer') + is];
    const { pid, version, startedAt, refreshes, served } = agent.status;
    const up = span(now / 1000 - startedAt);
    return [title, style.green('running') + is, up, String(pid), printable(version), String(served), String(refreshes)];
  });
  const head = ['account', 'agent', 'for', 'pid', 'version', 'served', 'refreshed'];
  const table = style.table(rows, rows.some((row) => row.length > 2) ? head : head.slice(0, 2));
  return [table, ...agents.filter(({ locked }) => locked === true).map(unlockLine)].join('\n');
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
