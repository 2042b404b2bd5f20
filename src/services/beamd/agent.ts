/** `beamd agent start|stop|status`: whether an agent runs, and that it does or does not. */
import { withAgent } from '../../agent/client/with-agent.ts';
import { BeamError, EXIT_CODES } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { Account } from '../../store/accounts/account.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { parseServer } from '../../store/server.ts';
import { printable, shellWord } from '../../text.ts';
import { agentSocket } from '../../agent/protocol/socket-path.ts';
import type { AgentInfo } from '../../agent/protocol/agent.ts';
import { locksItself, type LocksItself } from '../../store/accounts/passphrase-lock.ts';
import { variable } from '../../environment.ts';
import type { ConfigKey } from '../../store/config/app-config.ts';
import type { Context } from '../context.ts';
import type { ConfigTarget } from '../target/config-grant.ts';
import { resolveTarget, type TargetContext, type TargetInput } from '../target/ladder.ts';
import { readConfigFile } from '../target/settings.ts';
import { accountTarget, namesOf } from '../target/target.ts';
import { nothingChanged, type Left } from '../waiting.ts';
import { agentState, configAgentState, type AgentState } from './status.ts';

type AgentContext = TargetContext & Pick<Context, 'agents' | 'waiting'>;

/** For a program that speaks to an agent itself. */
export interface AgentPlace {
  /** The Unix socket, or the pipe, where it listens once it runs. */
  readonly socket: string;
  /** Where its tokens may go: the edge, and the control plane that gave the session. `https://edge.example.com`. */
  readonly origins: readonly string[];
}

async function placeOf({ homes }: Pick<Context, 'homes'>, { key, server, controlPlane }: Account): Promise<AgentPlace> {
  const { socket } = await agentSocket(homes, key);
  const names = controlPlane === undefined ? [server] : [server, controlPlane];
  return { socket, origins: [...new Set(names.map((name) => parseServer(name).origin))] };
}

export interface StartResult extends AgentPlace {
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
  return start(context, account);
}

async function start(context: AgentContext, account: Account): Promise<StartResult> {
  const pid = await running(context, account);
  const line = `Starting the agent of ${accountTitle(account)}`;
  const left = (): Left => ({
    message: 'the agent may start all the same',
    hint: { command: `beamd agent status ${accountWords(account)}` },
  });
  // By its name alone: whatever this command could do by itself, it is to start one.
  const info = await context.waiting({ line, left }, () =>
    withAgent(context.agents.open({ key: account.key }), (agent) => agent.hello()),
  );
  if (info.pid === process.pid) {
    throw new BeamError('agent_unavailable', `No agent can be started for ${accountTitle(account)}`, {
      hint: { command: `beamd agent log ${accountWords(account)}` },
    });
  }
  return { ...namesOf(account), info, already: info.pid === pid, ...(await placeOf(context, account)) };
}

/** The process that is its agent already. */
function running({ agents, waiting }: AgentContext, account: Account): Promise<number | undefined> {
  return waiting({ line: `Waiting for the agent of ${accountTitle(account)}`, left: nothingChanged }, async () => {
    const agent = await agents.running(account.key);
    return agent && withAgent(agent, async () => (await agent.hello()).pid);
  });
}

export interface EnvResult extends Pick<AgentPlace, 'socket'> {
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
}

/** Where programs find the agent of an account; it is started, unless that is not wanted. Throws as `agentStart`. */
export async function agentEnv(context: AgentContext, input: TargetInput & { readonly start: boolean }): Promise<EnvResult> {
  const { account } = await accountTarget(context, input, 'beamd agent env');
  const { socket } = await (input.start ? start(context, account) : placeOf(context, account));
  return { ...namesOf(account), socket };
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
  const line = `Waiting for the agent of ${accountTitle(account)} to end`;
  const stopped = await stopOne(context, account, line, `beamd agent status ${accountWords(account)}`);
  return { ...namesOf(account), stopped };
}

/** One that could not be ended has the error of it. */
export interface StopAllResult {
  readonly agents: readonly (StopResult & { readonly problem?: BeamError })[];
  /** That of the first one that could not be ended. */
  readonly exitCode: number;
}

/** As `agentStop` with the agents of all accounts, of `runbeam` too. Throws `unsafe_path`. */
export async function stopAllAgents(context: AgentContext): Promise<StopAllResult> {
  const { accounts } = await context.accounts.list();
  const agents: StopAllResult['agents'][number][] = [];
  for (const [index, account] of accounts.entries()) {
    const line = `Waiting for the agent of ${accountTitle(account)} to end (${String(index + 1)}/${String(accounts.length)})`;
    try {
      agents.push({ ...namesOf(account), stopped: await stopOne(context, account, line, 'beamd agent status --all') });
    } catch (error) {
      if (!(error instanceof BeamError) || error.code !== 'busy') throw error;
      agents.push({ ...namesOf(account), stopped: false, problem: error });
    }
  }
  const first = agents.find(({ problem }) => problem !== undefined)?.problem;
  return { agents, exitCode: first === undefined ? 0 : EXIT_CODES[first.code] };
}

/** `command` shows afterwards what became of an agent that was not waited for. */
function stopOne(context: AgentContext, account: Account, line: string, command: string): Promise<boolean> {
  const left = (): Left => ({
    message: 'the agent was told to end, and does so once the calls under way are answered',
    hint: { command },
  });
  return context.waiting({ line, left }, () => context.agents.stop(account.key));
}

export interface AgentStatusResult extends AgentPlace {
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  readonly agent: AgentState;
  /** Whether the account is; absent where only the agent is known. */
  readonly locked?: boolean;
  /** When the account locks itself. */
  readonly locksItself?: LocksItself;
}

/**
 * Starts no agent. With a `--config` file it is the one whose socket that names. Throws as `resolveTarget`, `usage` for a file that
 * names none, and as `configAgent`.
 */
export async function agentStatus(context: AgentContext, input: TargetInput): Promise<AgentStatusResult> {
  if (input.config !== undefined) return configStatus(context, input.config);
  const socket = await socketOfEnvironment(context, input);
  if (socket !== undefined) return socketStatus(context, socket);
  const { account } = await accountTarget(context, { ...input, reads: true }, 'beamd agent status');
  return statusOf(context, account);
}

async function statusOf(context: AgentContext, account: Account): Promise<AgentStatusResult> {
  const agent = await agentState(context, account.key);
  const locked = account.locked !== undefined;
  const place = await placeOf(context, account);
  return omitUndefined({ ...namesOf(account), agent, ...place, locked, locksItself: locksItself(account) });
}

async function configStatus(context: AgentContext, config: string): Promise<AgentStatusResult> {
  const appConfig = await readConfigFile(context, config);
  const { path, key } = appConfig;
  if ('token' in key) {
    throw new BeamError('usage', `${printable(path, 1_000)} has a token of its own, and no agent`, {
      hint: { command: `beamd token --config ${shellWord(config)}` },
    });
  }
  return socketStatus(context, { server: parseServer(appConfig.server), appConfig: { path, key } });
}

/** What `BEAMD_AGENT_SOCK` leads to, where that is what gives tokens here. */
async function socketOfEnvironment(context: AgentContext, input: TargetInput): Promise<SocketTarget | undefined> {
  if (variable(context.env, 'BEAMD_AGENT_SOCK') === undefined) return undefined;
  const target = await resolveTarget(context, { ...input, reads: true });
  if (target.kind !== 'app-config' || !('agentSocket' in target.appConfig.key)) return undefined;
  const { path, key } = target.appConfig;
  return { server: target.server, appConfig: { path, key } };
}

interface SocketTarget extends ConfigTarget {
  readonly appConfig: { readonly path: string; readonly key: Extract<ConfigKey, { agentSocket: string }> };
}

async function socketStatus(context: AgentContext, target: SocketTarget): Promise<AgentStatusResult> {
  const { server, appConfig } = target;
  const { agentSocket } = appConfig.key;
  const agent = await configAgentState(context, target, agentSocket);
  return { server: server.name, agent, socket: agentSocket, origins: [server.origin] };
}

/** Those of all accounts, of `runbeam` too. Starts none. Throws `unsafe_path`. */
export async function allAgents(context: AgentContext): Promise<AgentStatusResult[]> {
  const { accounts } = await context.accounts.list();
  return Promise.all(accounts.map((account) => statusOf(context, account)));
}
