/** A gate that all the calls of a run go through: who is told to wait makes all the others wait, too. */
import type { Clock } from '../../../clock.ts';

export interface GateDeps {
  readonly clock: Pick<Clock, 'elapsed' | 'sleep'>;
  /** 0 to 1. */
  readonly random: () => number;
  /** Ends all waits. */
  readonly signal: AbortSignal;
}

/** Milliseconds over which those who waited are spread once it opens, so that they do not come as one. */
const SPREAD = 200;

export class Gate {
  readonly #deps: GateDeps;
  #opens = -Infinity;

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  /** Nobody passes for so many seconds from now; a longer wait that is under way stays. */
  close(seconds: number): void {
    this.#opens = Math.max(this.#opens, this.#deps.clock.elapsed() + seconds * 1_000);
  }

  /** Milliseconds until it opens. */
  get wait(): number {
    return Math.max(0, this.#opens - this.#deps.clock.elapsed());
  }

  /** Resolves when it is open. Rejects once the signal has come. */
  async pass(): Promise<void> {
    const { clock, random, signal } = this.#deps;
    // It may be closed again while somebody waits.
    while (this.wait > 0) await clock.sleep(this.wait + random() * SPREAD, signal);
  }
}
