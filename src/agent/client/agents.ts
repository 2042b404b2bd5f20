/** The agents of this user's accounts: the running one, a new one, or one in this process. */
import type { Clock } from '../../clock.ts';
import type { Env } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { VERSION, bundledPrograms } from '../../programs.ts';
import type { Programs } from '../../programs.ts';
import type { Homes } from '../../store/paths.ts';
import { serverOfKey } from '../../store/server.ts';
import type { Agent, AgentStatus } from '../protocol/agent.ts';
import { agentSocket } from '../protocol/socket-path.ts';
import type { SocketPath } from '../protocol/socket-path.ts';
import type { RemoteAgent } from './client.ts';
import type { ConnectFailure } from './find-socket.ts';

export interface AgentsDeps {
  readonly homes: Homes;
  readonly env: Env;
  readonly clock: Clock;
  /** Default: the ones beside this bundle. */
  readonly programs?: Programs;
  /** Told once when this process has to do an agent's work itself. */
  readonly notify: (line: string) => void;
}

/** Where agents are found. */
export interface Agents {
  /**
   * The agent of an account: the running one, else a new one, else (no agent possible, or one that does not answer) one
   * in this process. Throws `unsafe_path`.
   */
  open(account: { readonly key: string }): Promise<Agent>;
  /** The running agent, or undefined. Starts nothing. Throws `unsafe_path`, and `busy` if it does not answer. */
  running(key: string): Promise<RemoteAgent | undefined>;
  /** What the running agent says of itself; else as `running`. */
  status(key: string): Promise<AgentStatus | undefined>;
  /**
   * Ends the running agent once calls under way are answered; one that does not answer is killed. False: none was
   * running. Throws `unsafe_path`, and `busy` if it does not answer and which process it is cannot be told for sure.
   */
  stop(key: string): Promise<boolean>;
  /** Removes what the agents of an account left behind, its log too. Only for an account that no longer exists. */
  forget(key: string): Promise<void>;
  /** An agent in this process, for work that needs this process's environment. */
  inProcess(key: string): Promise<Agent>;
}

// All that takes an agent to be found, started or done without is loaded when it is needed: with `node:net` and
// `node:child_process`, each takes longer than all that most commands do.

export function createAgents(deps: AgentsDeps): Agents {
  const { homes, clock } = deps;
  return {
    open: ({ key }) => openAgent(deps, key),
    running: async (key) => found(key, await connectTo(await agentSocket(homes, key), clock)),
    status: async (key) => {
      const { askStatus } = await import('./client.ts');
      return found(key, await askStatus(await agentSocket(homes, key), clock));
    },
    stop: async (key) => {
      const { stopAgent } = await import('./stop-agent.ts');
      return stopAgent(await agentSocket(homes, key), key, clock);
    },
    forget: async (key) => {
      const { forgetAgent } = await import('./stop-agent.ts');
      return forgetAgent(homes, key);
    },
    inProcess: (key) => inProcess(deps, key),
  };
}

function stopCommand(key: string): string {
  return `beamd agent stop --server ${serverOfKey(key)}`;
}

async function connectTo(path: SocketPath, clock: Clock): Promise<RemoteAgent | ConnectFailure> {
  const { connectAgent } = await import('./client.ts');
  return connectAgent(path, clock);
}

async function inProcess({ programs = bundledPrograms(), ...deps }: AgentsDeps, key: string): Promise<Agent> {
  const { agentInProcess } = await import('./in-process.ts');
  return agentInProcess({ ...deps, programs }, key);
}

/** Undefined if there is no agent. Throws `busy` for one that does not answer. */
function found<T extends object>(key: string, answer: T | ConnectFailure): T | undefined {
  if (answer === 'busy') {
    throw new BeamError('busy', `The agent of ${serverOfKey(key)} does not answer`, { hint: { command: stopCommand(key) } });
  }
  return typeof answer === 'string' ? undefined : answer;
}

async function openAgent(deps: AgentsDeps, key: string): Promise<Agent> {
  if (deps.env['BEAMD_NO_AGENT'] === '1') return inProcess(deps, key);
  const path = await agentSocket(deps.homes, key);
  const running = await connectTo(path, deps.clock);
  if (running === 'busy') {
    deps.notify(`The agent does not answer; this command works without it. To replace it, run: ${stopCommand(key)}`);
    return inProcess(deps, key);
  }
  const agent = (await ofThisVersion(running)) ?? (await startNew(deps, key, path));
  if (agent === undefined) {
    deps.notify('No agent can be started here; this command works without one.');
    return inProcess(deps, key);
  }
  return withFallback(agent, () => inProcess(deps, key));
}

/** An agent of another version answers what it was asked, then makes room for ours. */
async function ofThisVersion(agent: RemoteAgent | 'absent'): Promise<RemoteAgent | undefined> {
  if (agent === 'absent' || agent.info.version === VERSION) return agent === 'absent' ? undefined : agent;
  const { retire } = await import('./client.ts');
  await retire(agent);
  return undefined;
}

async function startNew(deps: AgentsDeps, key: string, path: SocketPath): Promise<RemoteAgent | undefined> {
  const { startAgent } = await import('./start-agent.ts');
  const { env, clock, programs = bundledPrograms() } = deps;
  return startAgent({ env, clock, programs }, key, path);
}

/** How it shows that an agent ended, or fell silent. */
const LOST: ReadonlySet<ErrorCode> = new Set(['agent_unavailable', 'busy']);

/**
 * An agent that ends or stops answering in the middle of a call costs its client a moment, not the answer: where asking
 * twice does no harm, this process then does the work itself, under the same lock. One that says that its program was
 * replaced has done nothing: any call can be made again.
 */
function withFallback(agent: RemoteAgent, instead: () => Promise<Agent>): Agent {
  const either = async <T>(twice: boolean, ask: (agent: Agent) => Promise<T>): Promise<T> => {
    try {
      return await ask(agent);
    } catch (error) {
      if (!(error instanceof BeamError)) throw error;
      if (error.code !== 'agent_outdated' && !(twice && LOST.has(error.code))) throw error;
      return ask(await instead());
    }
  };
  return {
    ...agent,
    token: (request) => either(true, (one) => one.token(request)),
    refreshScopes: () => either(true, (one) => one.refreshScopes()),
    authorize: (request) => either(false, (one) => one.authorize(request)),
    machineToken: (request) => either(false, (one) => one.machineToken(request)),
  };
}
