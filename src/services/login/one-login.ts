/**
 * One login for however many processes want it: the first to come asks for a code and waits for its approval, the others show
 * the same code and end as it ends. Where the first does not live to see it, another goes on in its place.
 */
import { UnusableSession, type Dialect, type DeviceLogin } from '../../auth/dialect/dialect.ts';
import { BeamError } from '../../errors.ts';
import { resumeCommand } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import {
  endPendingLogin,
  findLogin,
  forgetPendingLogin,
  loginOfId,
  newLoginId,
  openPendingLogin,
  savePendingLogin,
  type LoginEnd,
  type LoginRecord,
  type PendingLogin,
} from '../../store/accounts/pending-login.ts';
import type { Context } from '../context.ts';
import type { Left } from '../waiting.ts';
import {
  anotherBegins,
  approvalOf,
  approve,
  nothingSaved,
  opener,
  pendingOf,
  resumed,
  shownOf,
  type LoginPlan,
  type Waited,
} from './approve.ts';
import { LoginTurn, TakenOver } from './turn.ts';
import type { ApprovalLine, DeviceLoginContext } from './types.ts';

/** Between two looks at what the others do, milliseconds. */
const LOOK = 250;
/** Between two tries before there is anything to see. */
const FIRST_LOOK = 20;
/** How long a code is to last for whoever takes it over, seconds. */
export const WORTH_IT = 60;
/** After the end of its code whoever waits for it has stopped, milliseconds. */
const GRACE = 5_000;

/** What is kept of a login, and under which id. */
interface Known {
  readonly id: string;
  readonly pending: PendingLogin;
}

/** A login that another process waits for, as it is shown here. */
interface Followed extends Known {
  readonly line: ApprovalLine;
}

export interface OneLoginOptions {
  readonly browser?: boolean | undefined;
  /** As `markOf`. */
  readonly mark: string;
  /** The login that is to be gone on with, and no other. */
  readonly resume?: Known;
}

type OneLoginContext = DeviceLoginContext & Pick<Context, 'env'>;

type Turn<R> =
  | { readonly kind: 'done'; readonly result: R }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Somebody else ended it meanwhile. */
  | { readonly kind: 'look' };

/**
 * Waits for the approval of a login and saves it, or has it from the process that does. A code that expires is followed by
 * another where the user wants one. Throws `access_denied`, `expired_token`, `interrupted`, `network`, `bad_answer` and their
 * kin, and as the plan does.
 */
export function loginOnce<R>(context: OneLoginContext, plan: LoginPlan<R>, options: OneLoginOptions): Promise<R> {
  return new OneLogin(context, plan, options).run();
}

class OneLogin<R> {
  readonly #context: OneLoginContext;
  readonly #plan: LoginPlan<R>;
  readonly #options: OneLoginOptions;
  /** A login that had ended before this began, or that this knows the end of. */
  #past: string | undefined;
  #dialect: Dialect | undefined;
  #followed: Followed | undefined;
  /** The login whose page and code the user has been shown. */
  #shown: string | undefined;
  /** Ends the line that says that another process has not got its code yet. */
  #noCodeYet: (() => Promise<void>) | undefined;
  readonly #turn: LoginTurn;

  constructor(context: OneLoginContext, plan: LoginPlan<R>, options: OneLoginOptions) {
    this.#context = context;
    this.#plan = plan;
    this.#options = options;
    this.#turn = new LoginTurn(context, options.mark);
  }

  async run(): Promise<R> {
    const { screen } = this.#context;
    if (this.#options.resume === undefined) {
      const before = this.#look();
      if (before?.end !== undefined) this.#past = before.id;
    }
    for (;;) {
      try {
        return await this.#once();
      } catch (error) {
        const expired = error instanceof BeamError && error.code === 'expired_token';
        if (!expired || !screen.attended || this.#options.resume !== undefined) throw error;
        if (!(await screen.askForAnother(() => this.#nothing()))) throw error;
      } finally {
        await this.#noCodeYet?.();
        this.#unfollow();
      }
    }
  }

  async #once(): Promise<R> {
    for (let tries = 0; ; tries += 1) {
      const record = this.#look();
      if (this.#isNews(record)) {
        const same = await this.#sameAs(record);
        if (same !== undefined) return same;
      }
      const turn = await this.#turn.take(() => this.#lead());
      if (turn?.kind === 'done') return turn.result;
      if (turn?.kind === 'failed') throw turn.error;
      if (turn !== undefined) continue;
      if (record !== undefined) await this.#follow(record);
      if (this.#followed === undefined) this.#sayNoCodeYet();
      // The first try may have made the lock, and have nobody to wait for.
      await this.#context.clock.sleep(this.#followed === undefined && tries < 100 ? FIRST_LOOK : LOOK, this.#context.signal);
    }
  }

  /** The login of this kind, as far as it can be told. */
  #look(): LoginRecord | undefined {
    const { homes } = this.#context;
    const { mark, resume } = this.#options;
    try {
      return resume === undefined ? findLogin(homes, mark) : loginOfId(homes, resume.id);
    } catch (error) {
      // What is wrong there is told by whoever saves the login.
      if (error instanceof BeamError) return undefined;
      throw error;
    }
  }

  #isNews(record: LoginRecord | undefined): record is LoginRecord & { readonly end: LoginEnd } {
    return record?.end !== undefined && record.id !== this.#past;
  }

  /** As the other process ended. Undefined where it saved an account that is gone again. */
  async #sameAs({ id, end }: LoginRecord & { readonly end: LoginEnd }): Promise<R | undefined> {
    this.#past = id;
    await this.#noCodeYet?.();
    this.#unfollow();
    if (end.kind === 'failed') throw new BeamError(end.code, end.message, { hint: end.hint });
    const result = await this.#plan.rejoin(end);
    if (result === undefined && this.#options.resume !== undefined) throw usedUp(id, this.#plan.wish.program);
    return result;
  }

  async #lead(): Promise<Turn<R>> {
    await this.#noCodeYet?.();
    try {
      const record = this.#turn.alone ? undefined : this.#look();
      if (this.#isNews(record)) return { kind: 'look' };
      const known = await this.#toGoOnWith(record);
      // In its turn: a crowd that does so at once would keep each other from the account for longer than they wait.
      this.#dialect ??= await this.#prepare(known === undefined);
      const dialect = this.#dialect;
      const gone = known === undefined ? undefined : await this.#goOn(dialect, known);
      return { kind: 'done', result: gone ?? (await this.#beginAnew(dialect)) };
    } catch (error) {
      if (!(error instanceof TakenOver)) return { kind: 'failed', error };
      this.#context.notify('Another process has taken this login over meanwhile');
      return { kind: 'look' };
    }
  }

  /** What keeps a login from being begun keeps all who wait for their turn. */
  async #prepare(first: boolean): Promise<Dialect> {
    try {
      return await this.#plan.prepare();
    } catch (error) {
      if (!(error instanceof BeamError) || error.code === 'interrupted' || !first) throw error;
      const { code, message, hint } = error;
      const of = { id: newLoginId(), expiresAt: Math.floor(this.#context.clock.now() / 1000 + WORTH_IT) };
      await this.#tell(of, omitUndefined({ kind: 'failed', code, message, hint }));
      throw error;
    }
  }

  /** A login that was begun and that nobody waits for any more. */
  async #toGoOnWith(record: LoginRecord | undefined): Promise<Known | undefined> {
    const { resume } = this.#options;
    if (resume !== undefined) return resume;
    const now = this.#context.clock.now() / 1000;
    if (this.#turn.alone) return undefined;
    // Its process may have forgotten it, as one does that is interrupted.
    const followed = this.#followed;
    if (followed !== undefined && (record === undefined || record.id === followed.id)) return followed;
    if (record === undefined || record.end !== undefined || record.expiresAt - now < WORTH_IT) return undefined;
    const pending = await this.#open(record.id);
    return pending === undefined ? undefined : { id: record.id, pending };
  }

  async #open(id: string): Promise<PendingLogin | undefined> {
    try {
      return await openPendingLogin(this.#context, id);
    } catch (error) {
      if (error instanceof BeamError) return undefined;
      throw error;
    }
  }

  /** Undefined where it was of no use, and nobody has seen it here. */
  async #goOn(dialect: Dialect, known: Known): Promise<R | undefined> {
    const { clock, screen, notify } = this.#context;
    const { id, pending } = known;
    const wanted = this.#options.resume !== undefined;
    const seen = this.#followed?.id === id;
    this.#unfollow();
    try {
      const login = resumed(pending, dialect, clock.now(), this.#plan.again);
      if (seen) {
        notify('Whoever waited for this login does so no more; this goes on with it');
        if (this.#look() === undefined) await this.#share(id, pending);
      }
      // A browser is opened by Enter alone: whoever began the login has shown the page already.
      const browser = screen.attended ? undefined : false;
      const left = wanted ? () => canBeResumed(id, pending.program) : () => this.#nothing();
      return await this.#approved(
        dialect,
        login,
        { id, expiresAt: pending.expiresAt },
        { browser, begun: 'resumed', left, shown: seen },
      );
    } catch (error) {
      if (wanted || seen || !(error instanceof BeamError) || !OVER.includes(error.code)) throw error;
      notify('The login that was begun before is over; this begins another');
      return undefined;
    }
  }

  async #beginAnew(dialect: Dialect): Promise<R> {
    const { clock, signal, waiting } = this.#context;
    const { server, wish } = this.#plan;
    this.#unfollow();
    const id = newLoginId();
    const asking = { line: `Asking ${server.name} for a login`, left: nothingSaved };
    const login = await waiting(asking, () => dialect.begin(signal));
    this.#turn.check();
    const pending = pendingOf(wish, dialect, login, clock.now());
    await this.#share(id, pending);
    const how = { browser: this.#options.browser, left: () => this.#nothing() };
    return this.#approved(dialect, login, { id, expiresAt: pending.expiresAt }, how);
  }

  /** Waits, and saves; and says to the others how it ended. */
  async #approved(dialect: Dialect, login: DeviceLogin, of: Pick<LoginRecord, 'id' | 'expiresAt'>, how: Waited): Promise<R> {
    const plan = this.#plan;
    const poll: DeviceLogin['poll'] = async (signal) => {
      this.#turn.check();
      return login.poll(signal);
    };
    let used = false;
    this.#shown = of.id;
    try {
      const session = await approve(this.#context, plan, { ...login, poll }, how);
      used = true;
      this.#turn.spend();
      const result = await plan.finish(dialect, session);
      await this.#tell(of, plan.saved(result));
      return result;
    } catch (error) {
      if (!(error instanceof BeamError)) throw error;
      const { code, message, hint } = error;
      used ||= error instanceof UnusableSession;
      // The other one may have had the answer that there is only once.
      if (!used && OVER.includes(code)) this.#turn.check();
      this.#past = of.id;
      // Any other trouble is this process's: whoever takes over finds out for itself.
      if (used || OVER.includes(code)) await this.#tell(of, omitUndefined({ kind: 'failed', code, message, hint }));
      else if (!this.#turn.lost) await this.#quietly(() => forgetPendingLogin(this.#context, of.id));
      throw error;
    }
  }

  /** Lets the others see the login. Where they cannot, it goes on for this process. */
  #share(id: string, pending: PendingLogin): Promise<void> {
    const record = { id, mark: this.#options.mark, resumable: this.#options.resume !== undefined };
    return this.#quietly(() => savePendingLogin(this.#context, pending, record));
  }

  #tell(of: Pick<LoginRecord, 'id' | 'expiresAt'>, end: LoginEnd): Promise<void> {
    return this.#quietly(() => endPendingLogin(this.#context, { ...of, mark: this.#options.mark }, end));
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    if (this.#turn.alone) return;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof BeamError)) throw error;
    }
  }

  /** Shows what another process waits for. Throws `expired_token` where that one must have stopped. */
  async #follow(record: LoginRecord): Promise<void> {
    const { clock, screen } = this.#context;
    if (record.end !== undefined) return;
    if (this.#followed?.id === record.id) {
      if (clock.now() < record.expiresAt * 1000 + GRACE) return;
      this.#turn.alone = true;
      const hint = { command: this.#plan.again };
      throw new BeamError('expired_token', 'The login expired before it was approved', { hint });
    }
    this.#unfollow();
    const pending = await this.#open(record.id);
    if (pending === undefined) {
      // Gone this instant, or sealed for a key that this process does not have.
      this.#turn.alone = this.#look()?.id === record.id;
      return;
    }
    const login = shownOf(pending, clock.now());
    const approval = await approvalOf(this.#context, this.#plan, login, 'joined');
    await this.#noCodeYet?.();
    if (this.#shown !== record.id) await screen.show(approval);
    this.#shown = record.id;
    const open = screen.attended ? { open: opener(this.#context, login) } : {};
    const line = await screen.wait(approval, { left: goesOnElsewhere, ...open });
    this.#followed = { id: record.id, pending, line };
  }

  #unfollow(): void {
    this.#followed?.line.end();
    this.#followed = undefined;
  }

  #sayNoCodeYet(): void {
    if (this.#noCodeYet !== undefined) return;
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => (end = resolve));
    const said = this.#context.waiting(anotherBegins(this.#plan), () => over);
    this.#noCodeYet = () => {
      this.#noCodeYet = undefined;
      end();
      return said;
    };
  }

  #nothing(): Left {
    return { ...nothingSaved(), hint: { command: this.#plan.again } };
  }
}

/** What ends a login for good. */
const OVER: readonly string[] = ['access_denied', 'expired_token', 'forbidden'];

const goesOnElsewhere = (): Left => ({ message: 'this waits no longer; the login goes on where it was begun' });

const canBeResumed = (id: string, program: PendingLogin['program']): Left => ({
  message: 'the login was not finished, and can be resumed',
  hint: { command: resumeCommand(id, program) },
});

/** There is nothing to resume. */
export function usedUp(id: string, program: PendingLogin['program']): BeamError {
  const hint = { command: `${program} login --no-wait` };
  return new BeamError('not_found', `There is no login ${id} to resume: it was used, or its code has expired`, { hint });
}
