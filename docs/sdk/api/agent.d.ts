/** The `fetch` of a runtime, or what takes its place. */
type Fetch = typeof globalThis.fetch;
/** Every way a command can fail. Never branch on a message: branch on this. */
type ErrorCode = 'usage' | 'bad_config' | 'bad_file' | 'bad_server' | 'bad_key' | 'no_server' | 'not_found' | 'login_required' | 'session_ended' | 'token_rejected' | 'locked' | 'wrong_passphrase' | 'access_denied' | 'expired_token' | 'no_device_login' | 'network' | 'timeout' | 'server_error' | 'bad_answer' | 'unknown_scope' | 'insecure_transport' | 'unsafe_path' | 'secret_in_project' | 'forbidden' | 'not_delivered' | 'program_not_runnable' | 'program_not_found' | 'interrupted' | 'storage' | 'storage_full' | 'decrypt_failed' | 'busy' | 'agent_unavailable' | 'agent_outdated' | 'failed';
/** The next step: an exact command to type, or words where no command can say it. Without a full stop. */
type Hint = {
  readonly command: string;
} | {
  readonly text: string;
};
interface ErrorOptions {
  /** What to do next. */
  readonly hint?: Hint | undefined;
  /** What was caught. Kept for debuggers; never printed, never logged, never sent. */
  readonly cause?: unknown;
  /** The HTTP status of the answer that is the reason. */
  readonly status?: number;
  /** Seconds after which the server wants to be asked again; brought into 1 to 3,600. */
  readonly retryAfter?: number;
  /** Unix seconds: the moment that the message tells as `at`, and RFC 3339. Default: that of a `cause` of ours. */
  readonly at?: number | undefined;
}
/**
 * An error a user may read: `message` says what happened, `hint` says what to type next.
 * Neither ever holds a secret or a third party's text.
 */
declare class BeamError extends Error {
  readonly name = "BeamError";
  readonly code: ErrorCode;
  readonly hint: Hint | undefined;
  /** Seconds, 1 to 3,600: not before then, says the server. For whoever tries again; never printed. */
  readonly retryAfter: number | undefined;
  /** The HTTP status of the answer that is the reason, if one is. For programs; the message says it where it matters. */
  readonly status: number | undefined;
  /** Unix seconds: the moment that the message tells as `at`, and RFC 3339. What a person reads has it by that person's clock. */
  readonly at: number | undefined;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions);
  /** What `--json` prints under `error`. */
  toJSON(): {
    code: ErrorCode;
    message: string;
    hint?: string;
  };
}
/** Every event, and what is told with it. Times are RFC 3339. */
interface AgentEvents {
  /** There is another token than the last one. `expiresAt` is absent where it does not expire by itself. */
  readonly refreshed: {
    readonly expiresAt?: string;
  };
  /** The token is about to end, or has ended, and there is no other one yet; it is asked for again. `error`: why there is none. */
  readonly expiring: {
    readonly expiresAt: string;
    readonly error?: BeamError;
  };
  /** The session is over or locked: only its user can bring it back. Nothing is watched until `token()` gives one again. */
  readonly ended: {
    readonly error: BeamError;
  };
  /** Another process answers than before: the agent was replaced, or ended and was started again. */
  readonly restarted: {
    readonly pid: number;
  };
}
/** Which account is meant, in the words of the command line. */
interface AccountChoice {
  /**
   * The edge, as a user types it: `edge.example.com`. Default: `BEAMD_SERVER`, else the `.beamd` of the project, else the current
   * one.
   */
  readonly server?: string;
  /** Name of an account of that server; `-` is the one without a name. Default: `BEAMD_ACCOUNT`, and so on. */
  readonly account?: string;
  /**
   * A file with a `server` and an `agent_socket`, in place of an account: the agent that listens there is asked for tokens of that
   * server, and none is started. One that holds a `token` itself is refused with `usage`.
   */
  readonly config?: string;
}
interface ProgramOptions {
  /**
   * The `beamd` to ask: its path, or the words that it is run with, `['/usr/bin/node', '/opt/beamd/bin/beamd.js']`. Default: the
   * one of this package, else `beamd` of `PATH`.
   */
  readonly program?: string | readonly [file: string, ...args: string[]];
  /** Where the search for `.beamd` begins. Default: the working folder of this process. */
  readonly cwd?: string;
}
interface LinkOptions extends ProgramOptions, AccountChoice {
  /** Whether an agent is started where none runs. Default true. */
  readonly start?: boolean;
  /** What the agent is told about this program, as `beamd agent top` shows it; 40 characters. Default `@beamd/cli/agent`. */
  readonly client?: string;
}
/** What may be said for one token. */
interface TokenOptions {
  /** The org to act for. Default: that of `connect`, else the account's own. */
  readonly scope?: string;
  /** Ends the waiting, which then throws `interrupted`. A refresh that was begun goes on. */
  readonly signal?: AbortSignal;
  /** The token that a server answered with 401: another one is given, if the agent has one or gets one. */
  readonly refused?: string;
}
/** Tokens of one account, from its agent. Made by `connect`. */
interface AgentConnection {
  /** The account's server: `edge.example.com`. */
  readonly server: string;
  /** Its name among those of that server. Absent: the one without a name. */
  readonly account?: string;
  /** Where `fetch` takes the token to, and nowhere else: the edge, and its control plane. `https://edge.example.com`. */
  readonly origins: readonly string[];
  /**
   * As the `fetch` of the runtime, with a fresh token, and for `origins` only: it throws `forbidden` for any other host. A redirect
   * of what only reads is followed as long as it stays with these; any other one is the answer. After a 401 the call is made once
   * more if the agent has another token by then, unless its body is a stream.
   */
  readonly fetch: Fetch;
  /** When the token that was given last ends, RFC 3339. Undefined before the first, and where it does not expire by itself. */
  readonly expiresAt: string | undefined;
  /**
   * A fresh access token. The agent is asked each time, which takes well under a millisecond; it refreshes first where that is
   * needed. Keep no token: ask again. Throws a {@link BeamError}: `session_ended`, `login_required`, `locked`, `unknown_scope`,
   * `network`, `timeout`, `server_error`, `storage`, `storage_full`, `busy`, `agent_unavailable`, `interrupted`, and `usage` once
   * it is closed.
   */
  token(options?: TokenOptions): Promise<string>;
  /**
   * Listens to an event; returns what ends that. While somebody listens, a token is asked for as it comes to its end. Neither this
   * nor the open connection keeps the process from ending.
   */
  on<N extends keyof AgentEvents>(name: N, listener: (event: AgentEvents[N]) => void): () => void;
  /** Lets go of the agent, which goes on. Calls that wait are ended with `agent_unavailable`. */
  close(): void;
}
/** Whose agent is meant, and how it is found. */
interface ConnectOptions extends LinkOptions {
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
declare function connect(options?: ConnectOptions): Promise<AgentConnection>;
export { type AgentConnection, type AgentEvents, BeamError, type ConnectOptions, type ErrorCode, type ErrorOptions, type Hint, type TokenOptions, connect };