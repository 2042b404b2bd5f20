import { elapsed } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import type { Agent, AgentInfo, AgentStatus } from '../protocol/agent.ts';
import { checkSocket } from './check-socket.ts';
import { Connection, openSocket } from './connection.ts';
import type { ConnectFailure } from './connection.ts';
import { CALL_DEADLINE, HELLO_DEADLINE } from '../protocol/wire.ts';
import type { Call } from '../protocol/wire.ts';
import type { SocketPath } from '../protocol/socket-path.ts';
import {
  parseAuthorizeResult,
  parseGrant,
  parseInfo,
  parseMachineToken,
  parseScopeList,
  parseStatus,
} from '../protocol/values.ts';

/** An agent on the other side of a socket, and what it said of itself. */
export interface RemoteAgent extends Agent {
  readonly info: AgentInfo;
}

/** What a hello has at least, milliseconds, however long the connection took. */
const SHORTEST_HELLO = 200;

/**
 * Connects to the agent that listens at `path` and exchanges hellos. Resolves to why not when there is none or it does
 * not answer within two seconds. Throws `unsafe_path`, `agent_unavailable`.
 */
export function connectAgent(path: SocketPath): Promise<RemoteAgent | ConnectFailure> {
  return greet(path, { method: 'hello' }, (connection, result) => remoteAgent(connection, parseInfo(result)));
}

/** What the agent at `path` says of itself, in one round trip; else as `connectAgent`. */
export function askStatus(path: SocketPath): Promise<AgentStatus | ConnectFailure> {
  return greet(path, { method: 'status' }, (connection, result) => {
    connection.close();
    return parseStatus(result);
  });
}

/** Connects and makes the first call, which has the time of a hello. */
async function greet<T>(
  path: SocketPath,
  call: Call,
  use: (connection: Connection, result: unknown) => T,
): Promise<T | ConnectFailure> {
  if (!checkSocket(path)) return 'absent';
  const begun = elapsed();
  const socket = await openSocket(path.socket, HELLO_DEADLINE);
  if (typeof socket === 'string') return socket;
  const connection = new Connection(socket);
  const left = Math.max(SHORTEST_HELLO, HELLO_DEADLINE - (elapsed() - begun));
  try {
    return use(connection, await connection.call(call, left));
  } catch (error) {
    connection.close();
    if (error instanceof BeamError && error.code === 'busy') return 'busy';
    // It ended between our connect and its answer: as good as not there.
    if (error instanceof BeamError && error.code === 'agent_unavailable') return 'absent';
    throw error;
  }
}

function remoteAgent(connection: Connection, info: AgentInfo): RemoteAgent {
  const ask = (call: Call, deadline = CALL_DEADLINE): Promise<unknown> => connection.call(call, deadline);
  return {
    info,
    hello: async () => parseInfo(await ask({ method: 'hello' }, HELLO_DEADLINE)),
    token: async ({ scope }) => parseGrant(await ask(scope === undefined ? { method: 'token' } : { method: 'token', scope })),
    refreshScopes: async () => parseScopeList(await ask({ method: 'refresh_scopes' })),
    authorize: async (request) => parseAuthorizeResult(await ask({ method: 'authorize', request })),
    machineToken: async ({ gatewayCode }) => parseMachineToken(await ask({ method: 'machine_token', gatewayCode })),
    status: async () => parseStatus(await ask({ method: 'status' }, HELLO_DEADLINE)),
    stop: async () => {
      await ask({ method: 'stop' }, HELLO_DEADLINE);
    },
    close: () => {
      connection.close();
    },
  };
}
