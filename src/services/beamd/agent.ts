/** `beamd agent start|stop|status`. */
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { AgentInfo } from '../../agent/protocol/agent.ts';
import type { Context } from '../context.ts';
import type { TargetContext, TargetInput } from '../target/ladder.ts';
import { accountTarget, namesOf } from '../target/target.ts';
import { agentState, type AgentState } from './status.ts';

type AgentContext = TargetContext & Pick<Context, 'agents'>;

export interface StartResult {
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  readonly info: Pick<AgentInfo, 'pid' | 'version'>;
  /** It was running before. */
  readonly already: boolean;
}

/** Throws `agent_unavailable` where no agent can run, and as `resolveTarget`. */
export async function agentStart(context: AgentContext, input: TargetInput): Promise<StartResult> {
  const { account } = await accountTarget(context, input, 'beamd agent start');
  const before = await context.agents.running(account.key);
  const pid = before === undefined ? undefined : (await before.hello()).pid;
  before?.close();
  // By its name alone: whatever this command could do by itself, it is to start one.
  const agent = await context.agents.open({ key: account.key });
  const info = await agent.hello();
  agent.close();
  if (info.pid === process.pid) {
    throw new BeamError('agent_unavailable', `No agent can be started for ${accountTitle(account)}`, {
      hint: { command: `beamd agent log ${accountWords(account)}` },
    });
  }
  return { ...namesOf(account), info, already: info.pid === pid };
}

export interface StopResult {
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  readonly stopped: boolean;
}

/**
 * Ends the agent once calls under way are answered; kills one that does not answer. Not running is no error. Throws as
 * `Agents.stop` and `resolveTarget`.
 */
export async function agentStop(context: AgentContext, input: TargetInput): Promise<StopResult> {
  const { account } = await accountTarget(context, input, 'beamd agent stop');
  return { ...namesOf(account), stopped: await context.agents.stop(account.key) };
}

export interface AgentStatusResult {
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  readonly agent: AgentState;
}

/** Starts no agent. Throws as `resolveTarget`. */
export async function agentStatus(context: AgentContext, input: TargetInput): Promise<AgentStatusResult> {
  const { account } = await accountTarget(context, input, 'beamd agent status');
  return { ...namesOf(account), agent: await agentState(context, account.key) };
}
