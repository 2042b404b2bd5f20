/** What somebody else can cause as often as they like is said seldom, and none of it is lost: what was not said is counted. */
import type { Clock } from '../../clock.ts';

/** So many are said at once, */
const AT_ONCE = 60;

/** and after that one in so many milliseconds. */
const EACH = 10_000;

export class Seldom {
  readonly #clock: Pick<Clock, 'elapsed'>;
  #room = AT_ONCE;
  #at: number;
  #unsaid = 0;

  constructor(clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock;
    this.#at = clock.elapsed();
  }

  /** How many were not said before this one, which is to be said; undefined: neither is this one. */
  next(): number | undefined {
    const now = this.#clock.elapsed();
    this.#room = Math.min(AT_ONCE, this.#room + (now - this.#at) / EACH);
    this.#at = now;
    if (this.#room < 1) {
      this.#unsaid += 1;
      return undefined;
    }
    this.#room -= 1;
    return this.left();
  }

  /** How many were not said since. */
  left(): number {
    const unsaid = this.#unsaid;
    this.#unsaid = 0;
    return unsaid;
  }
}
