import { now } from '../../clock.ts';
import type { Fetch } from '../../net/fetch-http.ts';
import { OpenConnection, unlessAborted, type AgentConnection } from './connection.ts';
import { Link } from './link.ts';
import type { LinkOptions } from './program.ts';

/** Whose agent is meant, and how it is found. */
export interface ConnectOptions extends LinkOptions {
  /** The org to act for. Default: the account's own default. */
  readonly scope?: string;
  /** What `fetch` of the connection makes its requests with. Default: that of the runtime. */
  readonly fetch?: Fetch;
  /** Ends the finding and starting, which then throws `interrupted`. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to the agent of an account, and starts it where none runs. Which account that is, is decided as for every command of
 * `beamd`: the options, else the environment, else the `.beamd` of the project, else the current one; `BEAMD_TOKEN` and `--config`
 * are of no account and play no part. The choice stays while the connection lasts, also when the agent is replaced meanwhile.
 *
 * Throws a {@link BeamError}: `login_required`, `no_server`, `bad_server`, `usage` and `bad_file` as `beamd` does,
 * `agent_unavailable` where none runs and none can be or is to be started, `program_not_found` without a `beamd`, `interrupted`.
 *
 * @example
 * ```ts
 * const agent = await connect({ server: 'edge.example.com' });
 * const answer = await agent.fetch('https://edge.example.com/api/cli/scopes');
 * agent.close();
 * ```
 */
export async function connect(options: ConnectOptions = {}): Promise<AgentConnection> {
  const { scope, fetch = globalThis.fetch, signal } = options;
  const held: { connection?: OpenConnection; pid?: number } = {};
  const link = new Link(options, (pid) => {
    held.pid = pid;
    held.connection?.answeredBy(pid);
  });
  const place = await unlessAborted(link.place(signal), signal);
  const connection = new OpenConnection({ link, place, scope, fetch, clock: { now } });
  held.connection = connection;
  if (held.pid !== undefined) connection.answeredBy(held.pid);
  return connection;
}
