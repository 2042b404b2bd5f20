/** When an agent reads, keeps, refreshes and lets go of a session. */
import { rfc3339, within, type Clock } from '../../clock.ts';
import { BeamError, type ErrorCode } from '../../errors.ts';
import { accountTitle, loginCommand } from '../../hints.ts';
import { noAccount, splitAccountKey } from '../../store/account-key.ts';
import { AutoLock, type AutoLockDeps } from './guard/auto-lock.ts';
import type { LoadedSession, Work } from '../protocol/agent.ts';
import type { Surroundings } from '../protocol/surroundings.ts';
import { accountStamp } from '../../store/accounts/account-stamp.ts';
import type { Tell } from '../../http.ts';
import { RequestsMade } from '../protocol/requests.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { unmetBy, wantsAnother, type Given, type HeldToken, type Wanted } from './wanted.ts';

/** A token this close to its end is refreshed before it is given out, seconds; a tenth of a shorter life. */
const MARGIN = 60;

/** Age, in parts of its life, at which the agent refreshes a session unasked. */
const REFRESH_AT = 2 / 3;

/** A session that does not expire by itself is checked with the server once in so many seconds. */
const CHECK_EVERY = 24 * 3600;

/** How long a token that is still valid is held back for its successor, milliseconds: a server may take half a minute. */
const PATIENCE = 2_000;

/** A younger token is refreshed for no wish, seconds: a server that refused it would refuse the next one as well. */
const YOUNG = 30;

/** Two refreshes are never closer than this, seconds, whatever life the server gives its tokens. */
const MIN_INTERVAL = 1;

/**
 * Waits between attempts after trouble: from one second, doubling to twelve minutes, half of it random; at most 300
 * attempts in a day's outage. Another network ends the wait: whoever lands or leaves a tunnel need not sit it out.
 */
const MAX_BACKOFF = 720;

/** The most that a server's Retry-After can ask for, seconds. */
const LONGEST_PAUSE = 3_600;

/** Trouble that is met before a server is asked. */
const LOCAL: readonly ErrorCode[] = ['storage', 'storage_full', 'unsafe_path', 'decrypt_failed', 'bad_key', 'busy'];

export interface SessionDeps {
  readonly account: string;
  /** The account file: a change of it makes the session be read again. */
  readonly file: string;
  readonly clock: Clock;
  readonly work: Work;
  /** 0 to 1; jitter. */
  readonly random: () => number;
  /** Names the network this machine is on; another name means that trouble may be over. */
  readonly network: () => string;
  /** Those of this process. */
  readonly surroundings: Surroundings;
  /** As `AutoLockDeps`. */
  readonly onLock?: AutoLockDeps['onLock'];
}

export interface SessionState {
  readonly expiresAt?: number;
  readonly refreshedAt?: number;
  readonly refreshes: number;
}

/** One that is under way. */
interface Refresh {
  readonly done: Promise<LoadedSession>;
  readonly made: RequestsMade;
  /** As `Clock.elapsed`. */
  readonly since: number;
}

/**
 * The session of one account as an agent holds it: read when the file changed, refreshed before it ends, and at most
 * once at a time. A refresh that fails for passing reasons never ends a session, and a token that is still valid is
 * given out meanwhile.
 */
export class SessionHolder {
  readonly #deps: SessionDeps;
  readonly #lock: AutoLock;
  #loaded: LoadedSession | undefined;
  #loading: Promise<LoadedSession> | undefined;
  #refreshing: Refresh | undefined;
  #refreshedAt: number | undefined;
  /** How many sessions were taken up: tells whether there was another one meanwhile. */
  #accepted = 0;
  #refreshes = 0;
  #checkedAt = 0;
  #failures = 0;
  #notBefore = 0;
  #lastError: unknown;
  #lastNetwork = '';

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#lock = new AutoLock(deps);
  }

  /** It locks the account by itself, now or later: the agent must be there then. */
  get locksItself(): boolean {
    return this.#loaded?.account.autoLock !== undefined;
  }

  get state(): SessionState {
    const expiresAt = this.#loaded?.expiresAt;
    return omitUndefined({
      refreshes: this.#refreshes,
      expiresAt,
      refreshedAt: this.#refreshedAt,
    });
  }

  /** The session is of Runbeam Cloud, and goes the way to it that this process would. */
  get mayRenew(): boolean {
    const account = this.#loaded?.account;
    return account?.provider === 'runbeam' && (account.network ?? '') === this.#deps.surroundings.settings;
  }

  /** When the token that is held was asked for, unix seconds. */
  get issuedAt(): number | undefined {
    return this.#loaded?.issuedAt;
  }

  /**
   * A session with a valid access token, and such a one as is wanted, if it can be had. Throws `login_required`,
   * `session_ended`, and what a needed refresh throws. `tell`: of the requests of a refresh that was waited for, whoever began it.
   */
  async fresh(wanted: Wanted = {}, tell?: Tell): Promise<Given> {
    const given = await this.#freshNow(wanted, tell);
    // A refresh may have taken long.
    await this.#mayGive(given.session);
    return given;
  }

  async #freshNow(wanted: Wanted, tell?: Tell): Promise<Given> {
    const loaded = await this.#current();
    const early = this.#isWorthIt(loaded, wanted);
    if (!early && !this.#isDue(loaded)) return this.#given(this.#unexpired(loaded), loaded, wanted);
    try {
      const session = await (early ? this.#refresh(loaded, tell) : this.#refreshOrHeld(loaded, tell));
      return this.#given(session, loaded, wanted);
    } catch (error) {
      if (this.#secondsLeft(loaded) > 0 && !ends(error)) return this.#given(loaded, loaded, wanted, error);
      throw error;
    }
  }

  /** As `fresh`, without a server: `agent_unavailable` where that would take a refresh. */
  async held(wanted: Wanted = {}): Promise<Given> {
    const loaded = await this.#current();
    if (this.#isDue(loaded) || this.#isWorthIt(loaded, wanted)) {
      throw new BeamError('agent_unavailable', 'The agent holds no token that lasts');
    }
    return this.#given(this.#unexpired(loaded), loaded, wanted);
  }

  /** The session as it is held, also one that needs a refresh. Throws `login_required`, `session_ended`, `locked`. */
  read(): Promise<LoadedSession> {
    return this.#current();
  }

  #isDue(loaded: LoadedSession): boolean {
    return loaded.renewable && this.#secondsLeft(loaded) <= Math.min(MARGIN, this.#life(loaded) / 10);
  }

  /** Whether what is wanted takes a refresh: of all who want one, those that come after it get what it brought. */
  #isWorthIt(loaded: LoadedSession, wanted: Wanted): boolean {
    const age = Math.abs(this.#seconds() - (loaded.issuedAt ?? 0));
    return loaded.renewable && age >= YOUNG && wantsAnother(this.#tokenOf(loaded), wanted);
  }

  /** What is given out in the place of `held`, and what of the wishes it does not meet. */
  #given(session: LoadedSession, held: LoadedSession, wanted: Wanted, error?: unknown): Given {
    const isHeld = held.accessToken !== undefined && session.accessToken?.equals(held.accessToken) === true;
    const unmet = unmetBy({ ...this.#tokenOf(session), isNew: !isHeld }, wanted, error);
    return omitUndefined({ session, unmet });
  }

  #tokenOf(loaded: LoadedSession): HeldToken {
    return { session: loaded, left: this.#secondsLeft(loaded), life: this.#life(loaded) };
  }

  /** Called on a tick: refreshes ahead of need, and re-checks the wall clock after a suspend. Never throws. */
  async refreshAhead(): Promise<void> {
    this.#lock.tick();
    try {
      const loaded = await this.#current();
      // Whose shell started this process must not decide which way everyone's session goes.
      if ((loaded.account.network ?? '') !== this.#deps.surroundings.settings) return;
      if (loaded.expiresAt === undefined) await this.#checkDaily(loaded);
      if (!loaded.renewable || loaded.expiresAt === undefined) return;
      const jitter = 0.05 * this.#deps.random();
      if (this.#secondsLeft(loaded) <= this.#life(loaded) * (1 - REFRESH_AT + jitter)) await this.#refresh(loaded);
    } catch {
      // Kept in #lastError, and met again by the next request that needs the token.
    }
  }

  /** The server may have ended a session without a word: asking for its orgs tells, once a day. */
  async #checkDaily({ account, issuedAt }: LoadedSession): Promise<void> {
    if (account.kind === 'token' || account.provider !== 'edge') return;
    const last = Math.max(account.checkedAt ?? 0, issuedAt ?? 0, this.#checkedAt);
    if (Math.abs(this.#seconds() - last) < CHECK_EVERY) return;
    this.#checkedAt = this.#seconds();
    await this.#deps.work.refreshScopes();
    this.forget();
  }

  /** Makes the next request read the store again. */
  forget(): void {
    this.#loaded = undefined;
  }

  #seconds(): number {
    return this.#deps.clock.now() / 1000;
  }

  #secondsLeft(loaded: LoadedSession): number {
    return loaded.expiresAt === undefined ? Infinity : loaded.expiresAt - this.#seconds();
  }

  #life(loaded: LoadedSession): number {
    if (loaded.expiresAt === undefined) return Infinity;
    return loaded.issuedAt === undefined ? 10 * MARGIN : Math.max(0, loaded.expiresAt - loaded.issuedAt);
  }

  #unexpired(loaded: LoadedSession): LoadedSession {
    if (this.#secondsLeft(loaded) > 0) return loaded;
    const account = named(loaded, this.#deps.account);
    throw new BeamError('session_ended', `Your session on ${accountTitle(account)} has expired`, {
      hint: { command: loginCommand(account) },
    });
  }

  async #current(): Promise<LoadedSession> {
    const stamp = accountStamp(this.#deps.file);
    if (stamp === undefined) throw noAccount(this.#deps.account);
    const loaded = this.#loaded?.stamp === stamp ? this.#loaded : await this.#load();
    if (loaded.accessToken === undefined) throw endedSession(loaded, this.#deps.account);
    await this.#mayGive(loaded);
    return loaded;
  }

  /** Throws `locked` once the account is to lock itself, after it did; nothing of the session is held then. */
  async #mayGive({ account }: LoadedSession): Promise<void> {
    const reason = this.#lock.due(account);
    if (reason === undefined) return;
    try {
      await this.#lock.lock(reason, account);
    } finally {
      this.forget();
    }
  }

  #load(): Promise<LoadedSession> {
    this.#loading ??= this.#readStore().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #readStore(): Promise<LoadedSession> {
    const held = this.#loaded;
    const accepted = this.#accepted;
    // Nothing of what was held may outlive a file that is locked, ended or gone.
    this.#loaded = undefined;
    const loaded = await this.#deps.work.load();
    if (loaded === undefined) throw noAccount(this.#deps.account);
    // A refresh that ended meanwhile knows better than what was read before it.
    const newer = this.#accepted === accepted ? undefined : this.#held();
    if (newer !== undefined) return newer;
    // A refresh that failed has written the file anew, and the same into it: that is no reason to ask the server again.
    if (held?.accessToken !== undefined && loaded.accessToken?.equals(held.accessToken) === true) this.#loaded = loaded;
    else this.#accept(loaded);
    return loaded;
  }

  #held(): LoadedSession | undefined {
    return this.#loaded;
  }

  #accept(loaded: LoadedSession): void {
    this.#loaded = loaded;
    this.#accepted += 1;
    this.#failures = 0;
    this.#notBefore = 0;
  }

  /** The successor of what is held; that itself, if it is valid and the successor is long in coming. */
  async #refreshOrHeld(held: LoadedSession, tell?: Tell): Promise<LoadedSession> {
    const refreshing = this.#refresh(held, tell);
    if (this.#secondsLeft(held) <= 0) return refreshing;
    const { clock } = this.#deps;
    const since = this.#refreshing?.since ?? clock.elapsed();
    const patience = Math.max(0, since + PATIENCE - clock.elapsed());
    return within(clock, patience, refreshing, () => (this.#secondsLeft(held) > 0 ? held : refreshing));
  }

  /** One for all who want it at once; each of them is told what it asked. */
  async #refresh(held: LoadedSession, tell?: Tell): Promise<LoadedSession> {
    const { done, made } = (this.#refreshing ??= this.#beginRefresh(held));
    try {
      return await done;
    } finally {
      made.tellAll(tell);
    }
  }

  #beginRefresh(held: LoadedSession): Refresh {
    const made = new RequestsMade();
    const done = this.#refreshOnce(held, made.tell).finally(() => {
      this.#refreshing = undefined;
    });
    return { done, made, since: this.#deps.clock.elapsed() };
  }

  async #refreshOnce(held: LoadedSession, tell: Tell): Promise<LoadedSession> {
    const now = this.#seconds();
    if (this.#refreshedAt !== undefined && Math.abs(now - this.#refreshedAt) < MIN_INTERVAL) return held;
    // A clock that jumped back must not turn a pause of minutes into one of days.
    const pausing = now < this.#notBefore && this.#notBefore - now <= LONGEST_PAUSE;
    if (pausing && this.#deps.network() === this.#lastNetwork) throw this.#lastError;
    try {
      const loaded = await this.#successorOf(held, tell);
      if (loaded === undefined) throw noAccount(this.#deps.account);
      this.#accept(loaded);
      if (loaded.accessToken === undefined) throw endedSession(loaded, this.#deps.account);
      this.#refreshes += 1;
      this.#refreshedAt = this.#seconds();
      return loaded;
    } catch (error) {
      this.#backOff(error);
      throw error;
    }
  }

  /**
   * What a worker that was frozen brings, or what it finds when another one was that held the lock, may have ended meanwhile:
   * then once more.
   */
  async #successorOf(held: LoadedSession, tell: Tell): Promise<LoadedSession | undefined> {
    const { work } = this.#deps;
    const first = await work.refresh(omitUndefined({ olderThan: held.issuedAt }), tell);
    if (first?.renewable !== true || this.#secondsLeft(first) > 0) return first;
    // A server whose tokens are born dead has no better one.
    return this.#life(first) < MIN_INTERVAL ? first : work.refresh(omitUndefined({ olderThan: first.issuedAt }), tell);
  }

  #backOff(error: unknown): void {
    if (ends(error)) {
      this.forget();
      return;
    }
    this.#lastError = error;
    this.#lastNetwork = this.#deps.network();
    const pause = Math.min(MAX_BACKOFF, 2 ** this.#failures) * (0.5 + this.#deps.random() / 2);
    const told = error instanceof BeamError ? (error.retryAfter ?? 0) : 0;
    this.#failures += 1;
    // What failed on this machine troubled no server, and the user who puts it right tries again at once.
    this.#notBefore = isLocal(error) ? 0 : this.#seconds() + Math.max(pause, told);
  }
}

/** Whether the error says that the session is over, rather than that something is in the way. */
function ends(error: unknown): boolean {
  return error instanceof BeamError && (error.code === 'session_ended' || error.code === 'login_required');
}

function isLocal(error: unknown): boolean {
  return error instanceof BeamError && LOCAL.includes(error.code);
}

/** The account with its name, which its key tells. */
function named({ account }: LoadedSession, key: string) {
  return { ...account, name: splitAccountKey(key).name };
}

function endedSession(loaded: LoadedSession, key: string): BeamError {
  const account = named(loaded, key);
  const at = loaded.endedAt;
  const when = at === undefined ? '' : ` at ${rfc3339(at)}`;
  return new BeamError('session_ended', `Your session on ${accountTitle(account)} ended${when}`, {
    hint: { command: loginCommand(account) },
    at,
  });
}
