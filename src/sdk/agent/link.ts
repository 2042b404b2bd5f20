/** The way to the agent: a connection that is made when it is needed, and made again when the agent was replaced. */
import { resolve } from 'node:path';
import { Connection } from '../../agent/client/connection.ts';
import { callsOver, type Calls } from '../../agent/protocol/calls.ts';
import { CALL_DEADLINE, FOR_TOKENS, HELLO_DEADLINE, PROTOCOL } from '../../agent/protocol/token-calls.ts';
import { BeamError } from '../../errors.ts';
import { connectByNode } from '../../platform/node-socket.ts';
import { withScheme } from '../../http.ts';
import { findAgent, type LinkOptions, type Place } from './program.ts';

type TokenCalls = Calls<typeof FOR_TOKENS>;

interface Open {
  readonly connection: Connection;
  readonly calls: TokenCalls;
}

/** How an agent that is there refuses a connection for a moment: it ends, or another one takes its place. */
const ATTEMPTS = 3;

/** What shows that the agent went, or that an update has taken its place: the next one does what was asked. */
const LOST: readonly unknown[] = ['agent_unavailable', 'agent_outdated'];

export class Link {
  readonly #options: LinkOptions;
  readonly #onAgent: (pid: number) => void;
  #open: Open | undefined;
  #opening: Promise<Open> | undefined;
  #place: Place | undefined;

  /** `onAgent` is told who answers, for each connection. */
  constructor(options: LinkOptions, onAgent: (pid: number) => void) {
    const { config, cwd = process.cwd() } = options;
    // The file that was meant stays the same wherever the program goes.
    this.#options = config === undefined ? options : { ...options, config: resolve(cwd, config) };
    this.#onAgent = onAgent;
  }

  /** Where the agent is. Throws as `findAgent`, and as a call. */
  async place(signal?: AbortSignal): Promise<Place> {
    await this.#opened(signal);
    if (this.#place === undefined) throw new TypeError('A connection has a place');
    return this.#place;
  }

  /** Asks for a token. Throws `forbidden` for one of another server, which would go to the hosts of this one. */
  async token(params: Parameters<TokenCalls['token']>[0]): ReturnType<TokenCalls['token']> {
    const grant = await this.#ask(params);
    const { server, origins = [] } = this.#place ?? {};
    if (origins.includes(originOf(grant.server))) return grant;
    throw new BeamError('forbidden', `The agent gave a token of another server than ${String(server)}`);
  }

  /** Once more, and a new agent, where the one that was asked went. */
  async #ask(params: Parameters<TokenCalls['token']>[0]): ReturnType<TokenCalls['token']> {
    const { calls } = await this.#opened();
    try {
      return await calls.token(params);
    } catch (error) {
      if (!(error instanceof BeamError) || !LOST.includes(error.code)) throw error;
    }
    this.close();
    return (await this.#opened()).calls.token(params);
  }

  close(): void {
    this.#open?.connection.close();
    this.#open = undefined;
  }

  #opened(signal?: AbortSignal): Promise<Open> {
    if (this.#open?.connection.open === true) return Promise.resolve(this.#open);
    this.#opening ??= this.#connect(signal).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(signal: AbortSignal | undefined): Promise<Open> {
    // What was chosen is kept: another current server must not change whose tokens a program gets.
    const { server, account = '-' } = this.#place ?? {};
    const again = server !== undefined && this.#options.config === undefined;
    const { start = true, ...options } = again ? { ...this.#options, server, account } : this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const place = await findAgent(options, start, signal);
      if (server !== undefined && place.server !== server) {
        throw new BeamError('forbidden', `The file names another server than ${server} now`);
      }
      if (!place.running) {
        const hint = {
          command: options.config === undefined ? `beamd agent start --server ${place.server}` : 'beamd agent status --all',
        };
        throw new BeamError('agent_unavailable', `No agent of ${place.server} is running`, { hint });
      }
      const open = await this.#greet(place);
      if (open !== undefined) return open;
      if (attempt === ATTEMPTS)
        throw new BeamError('busy', 'The agent does not answer', { hint: { command: 'beamd agent stop' } });
    }
  }

  async #greet(place: Place): Promise<Open | undefined> {
    const socket = await connectByNode(place.socket, HELLO_DEADLINE);
    if (typeof socket === 'string') return undefined;
    // A call that waits has a timer, which holds the process for it.
    socket.unref();
    const connection = new Connection(socket);
    const calls = callsOver(FOR_TOKENS, (method, params) =>
      connection.call(method, params, method === 'hello' ? HELLO_DEADLINE : CALL_DEADLINE),
    );
    try {
      const { pid, protocol } = await calls.hello({ client: this.#options.client ?? '@beamd/cli/agent' });
      if (protocol !== PROTOCOL) throw new BeamError('agent_outdated', 'The agent speaks another version than this program');
      this.#place = place;
      this.#onAgent(pid);
      return (this.#open = { connection, calls });
    } catch (error) {
      connection.close();
      if (error instanceof BeamError && error.code === 'agent_unavailable') return undefined;
      throw error;
    }
  }
}

/** Of a server as an agent names it: `edge.example.com`, `http://127.0.0.1:4000`. */
function originOf(server: string): string {
  const url = withScheme(server);
  return URL.canParse(url) ? new URL(url).origin : '';
}
