import type { Env } from '../../environment.ts';
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { accountFile } from '../../store/paths.ts';
import type { Homes } from '../../store/paths.ts';
import { serverOfKey } from '../../store/server.ts';
import { VERSION, bundledPrograms } from '../../programs.ts';
import type { Agent, AgentStatus } from '../protocol/agent.ts';
import type { RemoteAgent } from './client.ts';
import type { ConnectFailure } from './connection.ts';
import { PROTOCOL } from '../protocol/wire.ts';
import type { Programs } from '../../programs.ts';
import { agentSocket } from '../protocol/socket-path.ts';
import type { SocketPath } from '../protocol/socket-path.ts';
import { takeTurn } from './start-claim.ts';

/** The client, loaded when an agent is looked for: with `node:net`, it takes longer than all that most commands do. */
async function connectTo(path: SocketPath): Promise<RemoteAgent | ConnectFailure> {
  const { connectAgent } = await import('./client.ts');
  return connectAgent(path);
}

/** How often a socket that another command is bringing up is tried, milliseconds, and for how long. */
const RETRY_EVERY = 25;
const RETRY_FOR = 20_000;

/** So many unanswered hellos of a new agent are enough: the first may only have met a machine under load. */
const PATIENCE = 2;

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
  /** An agent in this process, for work that needs this process's environment. */
  inProcess(key: string): Promise<Agent>;
}

function stopCommand(key: string): string {
  return `beamd agent stop --server ${serverOfKey(key)}`;
}

export function createAgents(deps: AgentsDeps): Agents {
  return {
    open: ({ key }) => openAgent(deps, key),
    running: async (key) => found(key, await connectTo(await agentSocket(deps.homes, key))),
    status: async (key) => {
      const { askStatus } = await import('./client.ts');
      return found(key, await askStatus(await agentSocket(deps.homes, key)));
    },
    stop: async (key) => {
      const { stopAgent } = await import('./stop-agent.ts');
      return stopAgent(await agentSocket(deps.homes, key), key);
    },
    inProcess: (key) => inProcess(deps, key),
  };
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
  let agent = await connectTo(path);
  if (typeof agent === 'object' && agent.info.version !== VERSION) {
    // An agent of another version answers what it was asked, then makes room for ours.
    await retire(agent);
    agent = 'absent';
  }
  if (typeof agent === 'object') return withFallback(agent, () => inProcess(deps, key));
  if (agent === 'busy') {
    deps.notify(`The agent does not answer; this command works without it. To replace it, run: ${stopCommand(key)}`);
    return inProcess(deps, key);
  }
  return startAgent(deps, key);
}

/** How it shows that an agent ended, or fell silent. */
const LOST: ReadonlySet<ErrorCode> = new Set(['agent_unavailable', 'busy']);

/**
 * An agent that ends or stops answering in the middle of a call costs its client a moment, not the answer: where asking
 * twice does no harm, this process then does the work itself, under the same lock.
 */
function withFallback(agent: RemoteAgent, instead: () => Promise<Agent>): Agent {
  const either = async <T>(ask: (agent: Agent) => Promise<T>): Promise<T> => {
    try {
      return await ask(agent);
    } catch (error) {
      if (!(error instanceof BeamError) || !LOST.has(error.code)) throw error;
      return ask(await instead());
    }
  };
  return {
    ...agent,
    token: (request) => either((one) => one.token(request)),
    refreshScopes: () => either((one) => one.refreshScopes()),
  };
}

async function retire(agent: RemoteAgent): Promise<void> {
  try {
    await agent.stop();
  } catch (error) {
    // It went by itself, or does not answer any more: the next one takes its place all the same.
    if (!(error instanceof BeamError)) throw error;
  } finally {
    agent.close();
  }
}

async function startAgent(deps: AgentsDeps, key: string): Promise<Agent> {
  try {
    const agent = await bringUp(deps, key, await agentSocket(deps.homes, key));
    if (agent !== undefined) return withFallback(agent, () => inProcess(deps, key));
  } catch (error) {
    if (!(error instanceof BeamError) || error.code !== 'agent_unavailable') throw error;
  }
  return withoutAgent(deps, key);
}

function withoutAgent(deps: AgentsDeps, key: string): Promise<Agent> {
  deps.notify('No agent can be started here; this command works without one.');
  return inProcess(deps, key);
}

/** Starts an agent or, while another command does, waits for it. Undefined: none came up in time. */
async function bringUp(deps: AgentsDeps, key: string, path: SocketPath): Promise<RemoteAgent | undefined> {
  const until = deps.clock.now() + RETRY_FOR;
  for (let unanswered = 0; unanswered < PATIENCE;) {
    const endTurn = takeTurn(path, deps.clock);
    try {
      if (endTurn !== undefined) await startOne(deps, key);
    } finally {
      endTurn?.();
    }
    const agent = await connectTo(path);
    if (typeof agent === 'object') {
      // Another version's that was quicker serves as well, if only it speaks as we do.
      if (agent.info.protocol === PROTOCOL) return agent;
      await retire(agent);
    } else if (agent === 'busy') unanswered += 1;
    if (deps.clock.now() > until) return undefined;
    await deps.clock.sleep(RETRY_EVERY * (1 + Math.random()));
  }
  return undefined;
}

async function startOne(deps: AgentsDeps, key: string): Promise<void> {
  const { spawnAgent } = await import('./spawn-agent.ts');
  await spawnAgent({ account: key, env: deps.env, programs: deps.programs ?? bundledPrograms() });
}

/** Loaded only where no agent serves: it brings the store, the dialects and their libraries. */
async function inProcess({ homes, env, clock, programs = bundledPrograms() }: AgentsDeps, key: string): Promise<Agent> {
  const [{ createAgent }, { createWork }, { createAccountStore }, { createHttp }, { spawnWork }, { keysOf }, { currentNetwork }] =
    await Promise.all([
      import('../server/session-agent.ts'),
      import('../worker/create-work.ts'),
      import('../../store/accounts/account-store.ts'),
      import('../../net/http-client.ts'),
      import('../worker/spawn-work.ts'),
      import('../../environment.ts'),
      import('../server/session-agent.ts'),
    ]);
  const local = createWork({
    account: key,
    accounts: createAccountStore({ homes, clock, env }),
    homes,
    env,
    clock,
    http: (options) => createHttp({ env, ...options }),
  });
  // The refresh alone goes to a detached worker here too: Ctrl-C must not lose what the server has rotated.
  const detached = spawnWork({ account: key, keys: keysOf(env), env, programs });
  return createAgent({
    account: key,
    file: accountFile(homes, key),
    clock,
    work: { ...local, refresh: (olderThan) => detached.refresh(olderThan) },
    random: Math.random,
    network: currentNetwork,
  });
}
