/** What a program holds: tokens of one account, a `fetch` with them, and what happens to its session. */
import { rfc3339, type Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import type { Fetch } from '../../net/fetch-http.ts';
import { Secret } from '../../secret.ts';
import { Listeners, nextLook, nextTry, type AgentEvents } from './events.ts';
import { bearerFetch } from './fetch.ts';
import type { Link } from './link.ts';
import { interrupted, type Place } from './program.ts';

/** What may be said for one token. */
export interface TokenOptions {
  /** The org to act for. Default: that of `connect`, else the account's own. */
  readonly scope?: string;
  /** Ends the waiting, which then throws `interrupted`. A refresh that was begun goes on. */
  readonly signal?: AbortSignal;
  /** The token that a server answered with 401: another one is given, if the agent has one or gets one. */
  readonly refused?: string;
}

export interface ConnectionDeps {
  readonly link: Pick<Link, 'token' | 'close'>;
  readonly place: Place;
  readonly scope: string | undefined;
  readonly fetch: Fetch;
  readonly clock: Pick<Clock, 'now'>;
}

/** Errors that say that the session is over until its user does something. */
const OVER: readonly unknown[] = ['session_ended', 'login_required', 'locked'];

/** Tokens of one account, from its agent. Made by `connect`. */
export interface AgentConnection {
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

export class OpenConnection implements AgentConnection {
  readonly server: string;
  readonly account?: string;
  readonly origins: readonly string[];
  readonly fetch: Fetch;
  readonly #deps: ConnectionDeps;
  readonly #listeners = new Listeners();
  #last: { readonly token: Secret; readonly expiresAt: number | undefined } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pid: number | undefined;
  #closed = false;

  constructor(deps: ConnectionDeps) {
    const { server, account, origins } = deps.place;
    this.server = server;
    if (account !== undefined) this.account = account;
    this.origins = origins;
    this.fetch = bearerFetch({ fetch: deps.fetch, origins, token: (options) => this.token(options) });
    this.#deps = deps;
  }

  get expiresAt(): string | undefined {
    return rfc3339(this.#last?.expiresAt);
  }

  async token(options: TokenOptions = {}): Promise<string> {
    const { signal, refused, scope = this.#deps.scope } = options;
    if (this.#closed) throw new BeamError('usage', 'This connection to the agent was closed');
    const asked = {
      ...(scope === undefined ? {} : { scope }),
      ...(refused === undefined ? {} : { refused: new Secret(refused) }),
    };
    try {
      const { accessToken, expiresAt } = await unlessAborted(this.#deps.link.token(asked), signal);
      this.#given(accessToken, expiresAt);
      return accessToken.reveal();
    } catch (error) {
      if (error instanceof BeamError && OVER.includes(error.code)) this.#over(error);
      throw error;
    }
  }

  on<N extends keyof AgentEvents>(name: N, listener: (event: AgentEvents[N]) => void): () => void {
    const off = this.#listeners.on(name, listener);
    this.#watch(nextLook(this.#left()));
    return off;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
    this.#deps.link.close();
  }

  /** Told for each connection to an agent. */
  answeredBy(pid: number): void {
    if (this.#pid !== undefined && this.#pid !== pid) this.#listeners.tell('restarted', { pid });
    this.#pid = pid;
  }

  #given(token: Secret, expiresAt: number | undefined): void {
    const before = this.#last;
    this.#last = { token, expiresAt };
    if (before?.token.equals(token) === true) return;
    if (before !== undefined) {
      const end = rfc3339(expiresAt);
      this.#listeners.tell('refreshed', end === undefined ? {} : { expiresAt: end });
    }
    this.#watch(nextLook(this.#left()));
  }

  #over(error: BeamError): void {
    clearTimeout(this.#timer);
    // Once for each end, however many calls meet it.
    if (this.#last !== undefined) this.#listeners.tell('ended', { error });
    this.#last = undefined;
  }

  /** Milliseconds until the last token ends. */
  #left(): number {
    return this.#last?.expiresAt === undefined ? Infinity : this.#last.expiresAt * 1000 - this.#deps.clock.now();
  }

  #watch(after: number): void {
    clearTimeout(this.#timer);
    if (this.#closed || !this.#listeners.any || this.#left() === Infinity) return;
    this.#timer = setTimeout(() => void this.#look(), after).unref();
  }

  async #look(): Promise<void> {
    const before = this.#last;
    let problem: BeamError | undefined;
    try {
      await this.token();
    } catch (error) {
      if (!(error instanceof BeamError)) throw error;
      problem = error;
    }
    const end = this.expiresAt;
    if (before === undefined || this.#last === undefined || !this.#last.token.equals(before.token) || end === undefined) return;
    const left = this.#left();
    if (left > 60_000) {
      this.#watch(nextLook(left));
      return;
    }
    this.#listeners.tell('expiring', problem === undefined ? { expiresAt: end } : { expiresAt: end, error: problem });
    this.#watch(nextTry(left));
  }
}

/** The answer, unless the signal is aborted first. What was asked is asked. */
export async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer;
  if (signal.aborted) {
    answer.catch(() => undefined);
    throw interrupted();
  }
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(interrupted());
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
