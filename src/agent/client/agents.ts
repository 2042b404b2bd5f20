/** The agents of this user's accounts: the running one, a new one, or one in this process. */
import type { ServerTrust } from '../../http.ts';
import type { Clock } from '../../clock.ts';
import type { Env } from '../../environment.ts';
import { BeamError, type Warn } from '../../errors.ts';
import { VERSION, ownPrograms, type Programs } from '../../programs.ts';
import type { Homes } from '../../store/paths.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import { accountOfKey } from '../../store/account-key.ts';
import type { StorageName } from '../../store/secrets/secret-store.ts';
import type { Agent, AgentActivity, AgentStatus } from '../protocol/agent.ts';
import { PROTOCOL } from '../protocol/token-calls.ts';
import { printable } from '../../text.ts';
import { agentSocket, settleSocket, type SocketPath } from '../protocol/socket-path.ts';
import type { RemoteAgent } from './client.ts';
import type { ConnectFailure } from './find-socket.ts';
import { inOwnSurroundings } from './own-surroundings.ts';

export interface AgentsDeps {
  readonly homes: Homes;
  readonly env: Env;
  readonly clock: Clock;
  /** What an agent is told about this process. */
  readonly client?: () => string | undefined;
  /** Default: our own. */
  readonly programs?: Programs;
  /** Told once when this process has to do an agent's work itself. */
  readonly warn: Warn;
}

/** An account, and where its key is, if that is known. */
export interface OpenAccount extends ServerTrust {
  readonly key: string;
  readonly storage?: StorageName;
  /** What the agent is told of who asks, where that is not this command for itself. */
  readonly client?: string;
}

/** Where agents are found. */
export interface Agents {
  /**
   * The agent of an account: the running one, else a new one, else (no agent possible, or one that does not answer) one
   * in this process. What an agent in other surroundings cannot do is done in this process too. Throws `unsafe_path`.
   */
  open(account: OpenAccount): Promise<Agent>;
  /** The running agent, or undefined. Starts nothing. Throws `unsafe_path`, and `busy` if it does not answer. */
  running(key: string): Promise<RemoteAgent | undefined>;
  /**
   * The agent that listens at a socket of which only the path is known, whatever version it is of; undefined where none does. Starts
   * nothing, and nothing is done in its place. Throws `unsafe_path`, `busy`, and `agent_outdated` if it speaks another protocol.
   * `shared`: also one in a folder for all that lets nobody take what is another's, where sshd leaves what it forwards.
   */
  listening(socket: string, place?: 'shared'): Promise<RemoteAgent | undefined>;
  /** What the running agent says of itself; else as `running`. */
  status(key: string): Promise<AgentStatus | undefined>;
  /** What the running agent has done; `older`: it is of a version that does not tell. Else as `running`. */
  activity(key: string): Promise<AgentActivity | { readonly older: true } | undefined>;
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
    open: (account) => openAgent(account.client === undefined ? deps : { ...deps, client: () => account.client }, account),
    running: async (key) => {
      const agent = found(key, await connectTo(await agentSocket(homes, key), deps));
      return agent && inOwnSurroundings(agent, deps, () => inProcess(deps, key));
    },
    listening: (socket, place) => listeningAt(socket, deps, place),
    activity: async (key) => {
      const { askActivity } = await import('./client.ts');
      return found(key, await askActivity(await agentSocket(homes, key), clock));
    },
    status: async (key) => {
      const { askStatus } = await import('./client.ts');
      return found(key, await askStatus(await agentSocket(homes, key), clock, deps.client?.()));
    },
    stop: async (key) => {
      const { stopAgent } = await import('./stop-agent.ts');
      return stopAgent(await agentSocket(homes, key), key, clock, deps.client?.());
    },
    forget: async (key) => {
      const { forgetAgent } = await import('./stop-agent.ts');
      return forgetAgent(homes, key);
    },
    inProcess: (key) => inProcess(deps, key),
  };
}

function stopCommand(key: string): string {
  return `beamd agent stop ${accountWords(accountOfKey(key))}`;
}

async function connectTo(path: SocketPath, { clock, client }: AgentsDeps): Promise<RemoteAgent | ConnectFailure> {
  const { connectAgent } = await import('./client.ts');
  return connectAgent(path, clock, client?.());
}

async function listeningAt(socket: string, deps: AgentsDeps, place?: 'shared'): Promise<RemoteAgent | undefined> {
  const { namedSocket } = await import('./named-socket.ts');
  const path = namedSocket(socket);
  const agent = await connectTo(place === undefined ? path : { ...path, shared: true }, deps);
  if (agent === 'absent') return undefined;
  const title = `The agent at ${printable(socket, 1_000)}`;
  if (agent === 'busy')
    throw new BeamError('busy', `${title} does not answer`, { hint: { command: 'beamd agent status --all' } });
  if (agent.info.protocol === PROTOCOL) return agent;
  agent.close();
  throw new BeamError('agent_outdated', `${title} speaks another version of the protocol than this command`, {
    hint: { text: 'Use the same version of beamd on both sides of the socket' },
  });
}

async function inProcess({ programs = ownPrograms(), client, ...deps }: AgentsDeps, key: string): Promise<Agent> {
  const { agentInProcess } = await import('./in-process.ts');
  return agentInProcess({ ...deps, programs, client: client?.() }, key);
}

/** Undefined if there is no agent. Throws `busy` for one that does not answer. */
function found<T extends object>(key: string, answer: T | ConnectFailure): T | undefined {
  if (answer === 'busy') {
    throw new BeamError('busy', `The agent of ${accountTitle(accountOfKey(key))} does not answer`, {
      hint: { command: stopCommand(key) },
    });
  }
  return typeof answer === 'string' ? undefined : answer;
}

async function openAgent(deps: AgentsDeps, { key, storage }: OpenAccount): Promise<Agent> {
  // An agent has no key of this environment, and a key crosses no socket: it could not open what is sealed to it.
  const ownKey = storage === 'age' && Boolean(deps.env['BEAMD_ENCRYPTION_KEY']);
  if (ownKey || deps.env['BEAMD_NO_AGENT'] === '1') return inProcess(deps, key);
  const path = await agentSocket(deps.homes, key);
  const running = await connectTo(path, deps);
  if (running === 'busy') {
    deps.warn('The agent does not answer; this command works without it', { command: stopCommand(key) });
    return inProcess(deps, key);
  }
  const agent = (await ofThisVersion(running)) ?? (await startNew(deps, key));
  if (agent === undefined) {
    deps.warn('No agent can be started here; this command works without one');
    return inProcess(deps, key);
  }
  return inOwnSurroundings(agent, deps, () => inProcess(deps, key));
}

/** An agent of another version answers what it was asked, then makes room for ours. */
async function ofThisVersion(agent: RemoteAgent | 'absent'): Promise<RemoteAgent | undefined> {
  if (agent === 'absent' || agent.info.version === VERSION) return agent === 'absent' ? undefined : agent;
  const { retire } = await import('./client.ts');
  await retire(agent);
  return undefined;
}

async function startNew(deps: AgentsDeps, key: string): Promise<RemoteAgent | undefined> {
  const { startAgent } = await import('./start-agent.ts');
  const { homes, env, clock, client, programs = ownPrograms() } = deps;
  return startAgent({ env, clock, programs, client }, key, await settleSocket(homes, key));
}
