import { lstatSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { BeamError, systemCode } from '../errors.ts';
import type { Agent, AgentInfo } from './agent.ts';
import { readFrames } from './frames.ts';
import { CALL_DEADLINE, HELLO_DEADLINE, MAX_FRAME, encodeRequest, parseResponse } from './protocol.ts';
import type { Call } from './protocol.ts';
import type { SocketPath } from './socket-path.ts';
import {
  parseAuthorizeResult,
  parseGrant,
  parseInfo,
  parseMachineToken,
  parseScopeList,
  parseStatus,
} from './values.ts';

/** Why no agent answered. `absent`: none listens. `busy`: one is there but does not answer in time. */
export type ConnectFailure = 'absent' | 'busy';

/** An agent on the other side of a socket, and what it said of itself. */
export interface RemoteAgent extends Agent {
  readonly info: AgentInfo;
}

/**
 * Refuses a socket that somebody else could have put there: the folder and the socket must be ours, the folder a real
 * one with mode 0700. Checked before the first byte is sent. False: there is no socket. Throws `unsafe_path`.
 */
function checkSocket({ folder, socket }: SocketPath): boolean {
  const uid = process.getuid?.();
  if (uid === undefined) return true;
  for (const path of [folder, socket]) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return false;
    const right = path === folder ? stat.isDirectory() && (stat.mode & 0o077) === 0 : stat.isSocket();
    if (!right || stat.uid !== uid) {
      throw new BeamError('unsafe_path', `${path} is not private to you, so the agent there cannot be trusted`, {
        hint: path === folder ? `chmod 700 '${folder}' if it is yours` : `rm '${socket}'`,
      });
    }
  }
  return true;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  timer: NodeJS.Timeout;
}

function gone(): BeamError {
  return new BeamError('agent_unavailable', 'The agent ended before it answered', { hint: 'beamd agent log' });
}

/** One connection: calls by number, each with its deadline. */
class Connection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(socket: Socket) {
    this.#socket = socket;
    const frames = readFrames(MAX_FRAME, (line) => {
      this.#receive(line);
    });
    socket.on('data', (chunk: Buffer) => {
      if (!frames.push(chunk)) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      for (const waiting of this.#waiting.values()) waiting.reject(gone());
      this.#waiting.clear();
    });
  }

  #receive(line: string): void {
    const response = parseResponse(line);
    const waiting = response && this.#waiting.get(response.id);
    if (response === undefined || waiting === undefined) return;
    this.#waiting.delete(response.id);
    clearTimeout(waiting.timer);
    if ('error' in response) waiting.reject(response.error);
    else waiting.resolve(response.result);
  }

  call(call: Call, deadline: number): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // The answer may be here already and unread, when this process was the one that was held up.
        setImmediate(() => {
          if (!this.#waiting.delete(id)) return;
          reject(new BeamError('busy', 'The agent does not answer', { hint: 'beamd agent stop' }));
        });
      }, deadline);
      this.#waiting.set(id, { resolve, reject, timer });
      if (this.#socket.destroyed) this.#waiting.get(id)?.reject(gone());
      else this.#socket.write(encodeRequest({ id, call }));
    });
  }

  close(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#socket.destroy();
  }
}

function open(path: string, deadline: number): Promise<Socket | ConnectFailure> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const timer = setTimeout(() => {
      socket.destroy();
      resolve('busy');
    }, deadline);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ECONNREFUSED') resolve('absent');
      // A full backlog: somebody is there and has not come to us yet. Never a dead agent.
      else if (code === 'EAGAIN' || code === 'ECONNRESET' || code === 'EPIPE') resolve('busy');
      else reject(new BeamError('agent_unavailable', `The agent's socket ${path} cannot be used`, { cause: error }));
    });
  });
}

/**
 * Connects to the agent that listens at `path` and exchanges hellos. Resolves to why not when there is none or it does
 * not answer within two seconds. Throws `unsafe_path`, `agent_unavailable`.
 */
export async function connectAgent(path: SocketPath): Promise<RemoteAgent | ConnectFailure> {
  if (!checkSocket(path)) return 'absent';
  const socket = await open(path.socket, HELLO_DEADLINE);
  if (typeof socket === 'string') return socket;
  const connection = new Connection(socket);
  try {
    const info = parseInfo(await connection.call({ method: 'hello' }, HELLO_DEADLINE));
    return remoteAgent(connection, info);
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
      await ask({ method: 'stop' });
    },
    close: () => {
      connection.close();
    },
  };
}
