/** An agent on the other side of a socket. */
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import type { Agent, AgentActivity, AgentInfo, AgentStatus } from '../protocol/agent.ts';
import { callsOver, type Contract } from '../protocol/calls.ts';
import { decode, type Fields } from '../protocol/codec.ts';
import { askingForRequests, tellOf } from '../protocol/requests.ts';
import type { SocketPath } from '../protocol/socket-path.ts';
import { CALL_DEADLINE, HELLO_DEADLINE, METHODS } from '../protocol/wire.ts';
import { Connection } from './connection.ts';
import { openSocket, type ConnectFailure } from './find-socket.ts';

/** The agent, and what it said of itself. */
export interface RemoteAgent extends Agent {
  readonly info: AgentInfo;
}

/** What a hello has at least, milliseconds, however long the connection took. */
const SHORTEST_HELLO = 200;

/**
 * Connects to the agent that listens at `path` and exchanges hellos. Resolves to why not when there is none or it does
 * not answer within two seconds. `client`: what the agent is told about this one. Throws `unsafe_path`, `agent_unavailable`.
 */
export function connectAgent(path: SocketPath, clock: Clock, client?: string): Promise<RemoteAgent | ConnectFailure> {
  return greet(path, clock, { method: 'hello', params: naming(client) }, (connection, result) => {
    return remoteAgent(connection, decode(METHODS.hello.result, result, 'hello'));
  });
}

/** What the agent at `path` says of itself, in one round trip; else as `connectAgent`. */
export function askStatus(path: SocketPath, clock: Clock, client?: string): Promise<AgentStatus | ConnectFailure> {
  return greet(path, clock, { method: 'status', params: naming(client) }, (connection, result) => {
    connection.close();
    return decode(METHODS.status.result, result, 'status');
  });
}

/** What the agent at `path` has done, in one round trip; else as `connectAgent`. One that is older does not know: undefined. */
export function askActivity(path: SocketPath, clock: Clock): Promise<AgentActivity | ConnectFailure | { readonly older: true }> {
  return greet(path, clock, { method: 'activity', params: {}, unknown: { older: true } as const }, (connection, result) => {
    connection.close();
    return decode(METHODS.activity.result, result, 'activity');
  });
}

function naming(client: string | undefined): Fields {
  return client === undefined ? {} : { client };
}

/** The call that a connection begins with. */
interface FirstCall<U> {
  readonly method: 'hello' | 'status' | 'activity';
  readonly params: Fields;
  /** What to make of an agent that answers that it cannot: without this it has refused. */
  readonly unknown?: U;
}

/** How often an agent may take a connection and end it at once, until it counts as busy. */
const REFUSALS = 3;

/** Between them, milliseconds: an agent that is ending, and so refuses, is gone by then. */
const PAUSE = 50;

/**
 * Connects and makes the first call, which has the time of a hello. An agent that takes the connection and lets it go may be
 * ending; one that does so again and again is there, and has no room.
 */
async function greet<T, U = never>(
  path: SocketPath,
  clock: Clock,
  call: FirstCall<U>,
  use: (connection: Connection, result: unknown) => T,
): Promise<T | U | ConnectFailure> {
  for (let refusals = 1; ; refusals += 1) {
    const outcome = await greetOnce(path, clock, call, use);
    if (outcome !== 'refused') return outcome;
    if (refusals === REFUSALS) return 'busy';
    await clock.sleep(PAUSE);
  }
}

async function greetOnce<T, U = never>(
  path: SocketPath,
  clock: Clock,
  call: FirstCall<U>,
  use: (connection: Connection, result: unknown) => T,
): Promise<T | U | ConnectFailure | 'refused'> {
  const begun = clock.elapsed();
  const socket = await openSocket(path, HELLO_DEADLINE, clock);
  if (typeof socket === 'string') return socket;
  const connection = new Connection(socket);
  const left = Math.max(SHORTEST_HELLO, HELLO_DEADLINE - (clock.elapsed() - begun));
  try {
    return use(connection, await connection.call(call.method, call.params, left));
  } catch (error) {
    const answered = connection.open;
    connection.close();
    if (error instanceof BeamError && error.code === 'busy') return 'busy';
    if (answered && call.unknown !== undefined) return call.unknown;
    if (error instanceof BeamError && error.code === 'agent_unavailable') return 'refused';
    throw error;
  }
}

function remoteAgent(connection: Connection, info: AgentInfo): RemoteAgent {
  const calls = callsOver(METHODS, async (method, params, tell) => {
    const { deadline = CALL_DEADLINE }: Contract = METHODS[method];
    if (tell === undefined) return connection.call(method, params, deadline);
    let requests: unknown;
    try {
      return await connection.call(method, askingForRequests(params), deadline, (came) => (requests = came));
    } finally {
      tellOf(requests, tell);
    }
  });
  return {
    ...calls,
    info,
    close: () => {
      connection.close();
    },
  };
}

/** Asks an agent that is not wanted any more to end, and lets go of it. */
export async function retire(agent: RemoteAgent): Promise<void> {
  try {
    await agent.stop();
  } catch (error) {
    // It went by itself, or does not answer any more: the next one takes its place all the same.
    if (!(error instanceof BeamError)) throw error;
  } finally {
    agent.close();
  }
}
