/** When an agent locks its account by itself, and how: nothing is given out from that moment on, and a worker seals the session. */
import type { Clock } from '../../../clock.ts';
import { BeamError } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { splitAccountKey } from '../../../store/account-key.ts';
import { accountLocked, isTimeToLock } from '../../../store/accounts/passphrase-lock.ts';
import type { LoadedSession, Work } from '../../protocol/agent.ts';

/** How much further the wall clock may go than the other one, milliseconds: more is sleep, or a clock that was set ahead. */
const SLEPT = 10_000;

/** Between two ticks, milliseconds: where the other clock goes on in sleep too, or this process was stopped. */
const MISSED = 120_000;

/** Tells that this machine slept: of its two clocks one stands still meanwhile, or no tick comes. */
class SleepWatch {
  readonly #clock: Clock;
  #now: number;
  #elapsed: number;
  #tick: number | undefined;
  /** Unix seconds when it was found out last. */
  wokeAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#now = clock.now();
    this.#elapsed = clock.elapsed();
  }

  /** @param isTick - it is called every half minute, too */
  look(isTick = false): void {
    const [now, elapsed] = [this.#clock.now(), this.#clock.elapsed()];
    const gone = elapsed - this.#elapsed;
    const missed = this.#tick !== undefined && elapsed - this.#tick > MISSED;
    if (now - this.#now - gone > SLEPT || missed) this.wokeAt = now / 1000;
    [this.#now, this.#elapsed] = [now, elapsed];
    if (isTick || missed) this.#tick = elapsed;
  }
}

/** Why an account locked itself. */
export type LockReason = 'time' | 'suspend';

export interface AutoLockDeps {
  readonly account: string;
  readonly clock: Clock;
  readonly work: Pick<Work, 'lock'>;
  /** Called once the session is sealed. */
  readonly onLock?: ((reason: LockReason) => void) | undefined;
}

export class AutoLock {
  readonly #deps: AutoLockDeps;
  readonly #sleep: SleepWatch;
  #sealing: Promise<void> | undefined;

  constructor(deps: AutoLockDeps) {
    this.#deps = deps;
    this.#sleep = new SleepWatch(deps.clock);
  }

  /** To be called on each tick: whether this machine slept since the last one. */
  tick(): void {
    this.#sleep.look(true);
  }

  /** Why nothing of this account may be given out any more; undefined: it may. */
  due({ autoLock }: LoadedSession['account']): LockReason | undefined {
    this.#sleep.look();
    if (autoLock === undefined) return undefined;
    if (isTimeToLock(autoLock, this.#deps.clock.now() / 1000)) return 'time';
    const { wokeAt } = this.#sleep;
    return autoLock.onSuspend === true && wokeAt !== undefined && wokeAt > autoLock.since ? 'suspend' : undefined;
  }

  /** Has the session sealed, once for all who come to it meanwhile. Always throws `locked`, whether it could be sealed or not. */
  async lock(reason: LockReason, { server }: LoadedSession['account']): Promise<never> {
    this.#sealing ??= this.#seal(reason).finally(() => {
      this.#sealing = undefined;
    });
    await this.#sealing;
    throw accountLocked(omitUndefined({ server, name: splitAccountKey(this.#deps.account).name }));
  }

  async #seal(reason: LockReason): Promise<void> {
    const { work, onLock } = this.#deps;
    try {
      const { sealed } = await work.lock();
      if (sealed) onLock?.(reason);
    } catch (error) {
      // Under another code the client would do the work itself, and does not know that this machine slept.
      const { message, hint } = error instanceof BeamError ? error : { message: 'the worker failed', hint: undefined };
      const why = `The account locks itself, and its session could not be sealed yet: ${message}`;
      throw new BeamError('locked', why, { hint, cause: error });
    }
  }
}
