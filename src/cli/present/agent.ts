import type { AgentLogResult, AgentStatusResult, StartResult, StopResult } from '../../services/beamd/agent.ts';
import { printable } from '../../text.ts';
import type { LockResult } from '../../services/beamd/passphrase.ts';
import type { AgentLockJson, AgentLogJson, AgentStartJson, AgentStatusJson, AgentStopJson } from '../json/agent.ts';
import type { Style } from '../output/style.ts';
import { agentStateJson, describeAgent } from './status.ts';

export function agentStartJson({ server, info, already }: StartResult): AgentStartJson {
  return { server, pid: info.pid, version: info.version, already_running: already };
}

export function presentAgentStart({ server, info, already }: StartResult, style: Style): string {
  const state = already ? 'is already running' : style.green('is running');
  return `The agent of ${style.bold(server)} ${state} (pid ${info.pid})`;
}

export function agentLockJson({ server, locked, changed }: LockResult): AgentLockJson {
  return { server, locked, changed };
}

export function presentAgentLock({ server, locked, changed }: LockResult, style: Style): string {
  const state = locked ? 'locked' : 'unlocked';
  const next = locked ? `\nUnlock it with: beamd agent unlock --server ${server}` : '';
  return `The account on ${style.bold(server)} ${changed ? 'is now' : 'was already'} ${state}${next}`;
}

export function agentStopJson({ server, stopped }: StopResult): AgentStopJson {
  return { server, stopped };
}

export function presentAgentStop({ server, stopped }: StopResult, style: Style): string {
  return `The agent of ${style.bold(server)} ${stopped ? 'was stopped' : 'was not running'}`;
}

export function agentStatusJson({ server, agent }: AgentStatusResult): AgentStatusJson {
  return { server, ...agentStateJson(agent) };
}

/** @param now - milliseconds */
export function presentAgentStatus({ server, agent }: AgentStatusResult, style: Style, now: number): string {
  return `${style.bold(server)}: ${describeAgent(agent, now)}`;
}

export function agentLogJson({ server, path, lines }: AgentLogResult): AgentLogJson {
  return { server, path, lines: [...lines] };
}

export function presentAgentLog({ lines }: AgentLogResult): string {
  return lines.map((line) => printable(line, 2_000)).join('\n');
}
