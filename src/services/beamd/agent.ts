/** `beamd agent start|stop|status|log`. */
import { BeamError } from '../../errors.ts';
import { readSmallFile } from '../../store/files/atomic-file.ts';
import { agentLog } from '../../store/paths.ts';
import type { AgentInfo } from '../../agent/protocol/agent.ts';
import type { Context } from '../context.ts';
import { agentState, type AgentState } from './status.ts';
import { accountTarget, type TargetFlags } from '../target/target.ts';

const MAX_LOG = 16 * 1024 * 1024;

export interface StartResult {
  readonly server: string;
  readonly info: AgentInfo;
  /** It was running before. */
  readonly already: boolean;
}

/** Throws `agent_unavailable` where no agent can run, and as `resolveTarget`. */
export async function startAgent(flags: TargetFlags, context: Context): Promise<StartResult> {
  const { account } = await accountTarget(flags, context, 'beamd agent start');
  const before = await context.agents.running(account.key);
  const pid = before === undefined ? undefined : (await before.hello()).pid;
  before?.close();
  const agent = await context.agents.open(account);
  const info = await agent.hello();
  agent.close();
  if (info.pid === process.pid) {
    throw new BeamError('agent_unavailable', `No agent can be started for ${account.server}`, {
      hint: { command: `beamd agent log --server ${account.server}` },
    });
  }
  return { server: account.server, info, already: info.pid === pid };
}

export interface StopResult {
  readonly server: string;
  readonly stopped: boolean;
}

/** Ends the agent once calls under way are answered; kills one that does not answer. Not running is no error. */
export async function stopAgent(flags: TargetFlags, context: Context): Promise<StopResult> {
  const { account } = await accountTarget(flags, context, 'beamd agent stop');
  return { server: account.server, stopped: await context.agents.stop(account.key) };
}

export interface AgentStatusResult {
  readonly server: string;
  readonly agent: AgentState;
}

/** Starts no agent. */
export async function agentStatus(flags: TargetFlags, context: Context): Promise<AgentStatusResult> {
  const { account } = await accountTarget(flags, context, 'beamd agent status');
  return { server: account.server, agent: await agentState(account.key, context) };
}

export interface AgentLogResult {
  readonly server: string;
  readonly path: string;
  /** Oldest first. */
  readonly lines: readonly string[];
}

/** The last lines of the agent's log; none if it never ran. Throws `bad_file`. */
export async function readAgentLog(flags: TargetFlags & { readonly lines: number }, context: Context): Promise<AgentLogResult> {
  const { account } = await accountTarget(flags, context, 'beamd agent log');
  const path = agentLog(context.homes, account.key);
  const lines = (readSmallFile(path, MAX_LOG) ?? '').split('\n').filter((line) => line !== '');
  return { server: account.server, path, lines: flags.lines === 0 ? [] : lines.slice(-flags.lines) };
}
