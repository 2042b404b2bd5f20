/** Does work on many gateways: so many at a time, again where that may help, and none is in another one's way. */
import type { Clock } from '../../../clock.ts';
import { BeamError, isOfAll, isTransient } from '../../../errors.ts';
import { inTurns } from '../../../in-turns.ts';
import type { Gate } from './gate.ts';

/** What came of one attempt. */
export interface Attempt<R> {
  readonly result: R;
  /** The gateway was in trouble: it may go better in a moment. */
  readonly again?: boolean;
}

/** What came of one gateway. */
export type Outcome<T, R> = { readonly one: T } & (
  | { readonly state: 'done'; readonly result: R }
  | { readonly state: 'failed'; readonly problem: BeamError }
  /** It was not begun, or given back: whoever goes on begins with it. */
  | { readonly state: 'left' }
);

export interface FleetRunDeps<T, R> {
  readonly clock: Pick<Clock, 'elapsed' | 'sleep'>;
  /** 0 to 1, for the pauses before an attempt is repeated. */
  readonly random: () => number;
  /** Passed by the work before it asks what all share. */
  readonly gate: Gate;
  /** How many at a time. */
  readonly concurrency: number;
  /** Nothing more is begun once it has come; what is under way comes to its end. */
  readonly stop: AbortSignal;
  /**
   * One attempt. What it throws is trouble of what all share: the cloud, the session, the disk. Trouble of the gateway alone is
   * its result.
   */
  readonly work: (one: T) => Promise<Attempt<R>>;
  /** Told of each as it is done with. */
  readonly onOutcome: (outcome: Outcome<T, R>) => void;
  /** Told when all have to wait, for how many seconds. */
  readonly onWait: (seconds: number) => void;
}

export interface FleetEnd<T, R> {
  /** In the order given. */
  readonly outcomes: readonly Outcome<T, R>[];
  /** Why the run was given up before its end: it would have ended in the same for all. */
  readonly stopped?: BeamError;
}

/** Attempts of one gateway, at most. */
const ATTEMPTS = 4;

/** How often one may be told that it comes too early. */
const WAITS = 50;

/** Seconds of a wait whose length the server does not say, doubled for each of the same gateway up to the last. */
const [FIRST_WAIT, LAST_WAIT] = [1, 30];

/** Longest pause before the second attempt, doubled for each, milliseconds. */
const FIRST_PAUSE = 400;

/** Gateways beyond those under way that fail in a row, in all their attempts, until what all share counts as down. */
const PATIENCE = 2;

/** Throws what is no `BeamError`. */
export async function runFleet<T, R>(all: readonly T[], deps: FleetRunDeps<T, R>): Promise<FleetEnd<T, R>> {
  const run = new Run(deps);
  const outcomes = await inTurns(all, deps.concurrency, async (one) => {
    const outcome = await run.one(one);
    if (outcome.state !== 'left') deps.onOutcome(outcome);
    return outcome;
  });
  return { outcomes, ...(run.stopped === undefined ? {} : { stopped: run.stopped }) };
}

class Run<T, R> {
  readonly #deps: FleetRunDeps<T, R>;
  /** Attempts in a row in which what all share was in trouble. */
  #troubles = 0;
  stopped: BeamError | undefined;

  constructor(deps: FleetRunDeps<T, R>) {
    this.#deps = deps;
  }

  async one(one: T): Promise<Outcome<T, R>> {
    let [attempts, waits] = [0, 0];
    for (;;) {
      if (this.#isOver()) return { one, state: 'left' };
      const tried = await this.#attempt(one);
      if (tried === undefined) return { one, state: 'left' };
      if (tried instanceof BeamError) {
        if (this.stopped !== undefined) return { one, state: 'failed', problem: tried };
        if (isToWait(tried) && waits < WAITS) {
          this.#wait(tried.retryAfter ?? Math.min(LAST_WAIT, FIRST_WAIT * 2 ** waits));
          waits += 1;
          continue;
        }
        attempts += 1;
        if (!isTransient(tried.code) || attempts >= ATTEMPTS) return { one, state: 'failed', problem: tried };
      } else {
        attempts += 1;
        if (tried.again !== true || attempts >= ATTEMPTS || this.#isOver()) return { one, state: 'done', result: tried.result };
      }
      await this.#pause(attempts);
    }
  }

  /** Those who were under way are told the same: that is one wait. */
  #wait(seconds: number): void {
    const { gate, onWait } = this.#deps;
    const isOpen = gate.wait === 0;
    gate.close(seconds);
    if (isOpen) onWait(seconds);
  }

  #isOver(): boolean {
    return this.stopped !== undefined || this.#deps.stop.aborted;
  }

  /** Undefined: it was called off before anything was asked. */
  async #attempt(one: T): Promise<Attempt<R> | BeamError | undefined> {
    try {
      await this.#deps.gate.pass();
      const attempt = await this.#deps.work(one);
      this.#troubles = 0;
      return attempt;
    } catch (error) {
      if (!(error instanceof BeamError)) {
        // A wait at the gate ends in the reason of the signal.
        if (this.#deps.stop.aborted) return undefined;
        throw error;
      }
      this.#judge(error);
      return error;
    }
  }

  /** Whether it makes sense to go on at all. */
  #judge(error: BeamError): void {
    if (!isToWait(error)) this.#troubles = isTransient(error.code) ? this.#troubles + 1 : 0;
    const isDown = this.#troubles >= ATTEMPTS * (this.#deps.concurrency + PATIENCE);
    if (isDown || isOfAll(error.code)) this.stopped ??= error;
  }

  async #pause(attempts: number): Promise<void> {
    const { clock, random, stop } = this.#deps;
    // Called off: the loop sees it.
    await clock.sleep((0.5 + random() / 2) * FIRST_PAUSE * 2 ** attempts, stop).catch(() => undefined);
  }
}

/** It comes too early, says the server. */
const isToWait = ({ status, retryAfter }: BeamError): boolean => status === 429 || retryAfter !== undefined;
