/** The turn to begin a login or to go on with it: one process has it at a time, and loses it while it is stopped. */
import { BeamError } from '../../errors.ts';
import { watchOfTurn, withLoginTurn } from '../../store/accounts/pending-login.ts';
import type { HeldLock } from '../../store/files/file-lock.ts';
import type { DeviceLoginContext } from './types.ts';

/** Another process has this one's turn. */
export class TakenOver extends Error {}

export class LoginTurn {
  /** No other process can be heeded: its files cannot be had or read, or it is stopped. */
  alone = false;
  readonly #context: DeviceLoginContext;
  readonly #mark: string;
  readonly #watch: ReturnType<typeof watchOfTurn>;
  #held: HeldLock | undefined;

  /** @param mark - as `markOf` */
  constructor(context: DeviceLoginContext, mark: string) {
    this.#context = context;
    this.#mark = mark;
    this.#watch = watchOfTurn(context.clock);
  }

  /** Does the work in its turn. Undefined: another process has it. Throws `interrupted`, and whatever the work throws. */
  async take<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.alone) return work();
    const mine = async (held: HeldLock): Promise<T> => {
      this.#held = held;
      return work();
    };
    try {
      return (await withLoginTurn(this.#context, this.#mark, mine, this.#watch))?.value;
    } catch (error) {
      if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
      this.alone = true;
      return await work();
    } finally {
      this.#held = undefined;
    }
  }

  /** Throws `TakenOver` if it is lost. */
  check(): void {
    if (this.lost) throw new TakenOver();
  }

  /** Another process took this one, which was stopped, to be gone. */
  get lost(): boolean {
    return this.#held?.isOurs() === false;
  }

  /** From here on it is waited for even if it is stopped: it has what there is only once. */
  spend(): void {
    // Who has lost its turn saves what it was given all the same.
    if (this.#held?.isOurs() === true) this.#held.spend();
  }
}
