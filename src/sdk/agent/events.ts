/** What a program is told between its calls, and the watch that finds it out. */
import type { BeamError } from '../../errors.ts';

/** Every event, and what is told with it. Times are RFC 3339. */
export interface AgentEvents {
  /** There is another token than the last one. `expiresAt` is absent where it does not expire by itself. */
  readonly refreshed: { readonly expiresAt?: string };
  /** The token is about to end, or has ended, and there is no other one yet; it is asked for again. `error`: why there is none. */
  readonly expiring: { readonly expiresAt: string; readonly error?: BeamError };
  /** The session is over or locked: only its user can bring it back. Nothing is watched until `token()` gives one again. */
  readonly ended: { readonly error: BeamError };
  /** Another process answers than before: the agent was replaced, or ended and was started again. */
  readonly restarted: { readonly pid: number };
}

type Listener<N extends keyof AgentEvents> = (event: AgentEvents[N]) => void;

/** Listeners by event. */
export class Listeners {
  readonly #listeners = new Map<keyof AgentEvents, Set<(event: never) => void>>();

  /** Whether anybody listens to anything. */
  get any(): boolean {
    return [...this.#listeners.values()].some(({ size }) => size > 0);
  }

  on<N extends keyof AgentEvents>(name: N, listener: Listener<N>): () => void {
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all.add(listener));
    return () => void all.delete(listener);
  }

  /** Each in a turn of its own: one that throws is the program's affair, and keeps nobody from hearing. */
  tell<N extends keyof AgentEvents>(name: N, event: AgentEvents[N]): void {
    for (const listener of this.#listeners.get(name) ?? []) queueMicrotask(() => (listener as Listener<N>)(event));
  }

  clear(): void {
    this.#listeners.clear();
  }
}

/** Longest time that a timer takes, milliseconds; what is further away is looked at again then. */
const LONGEST = 24 * 3600_000;

/** Between two questions while there is trouble, milliseconds. */
const TROUBLED = 10_000;

/**
 * After how long a token is to be asked for again, milliseconds. The agent has another one from a minute before the end on, or a
 * tenth of a shorter life.
 *
 * @param left - milliseconds until it ends
 */
export function nextLook(left: number): number {
  return left <= 0 ? TROUBLED : Math.min(LONGEST, Math.max(left - 55_000, left * 0.92, 1_000));
}

/** After how long to ask again for a token that should have come by now, milliseconds. */
export function nextTry(left: number): number {
  return Math.min(TROUBLED, Math.max(1_000, left / 4));
}
