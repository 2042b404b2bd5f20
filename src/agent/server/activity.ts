/** What an agent remembers of what it did: a few numbers and the last refreshes, however long it lives. Never a token. */
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { printable } from '../../text.ts';
import { wireName } from '../protocol/codec.ts';
import type { Result } from '../protocol/wire.ts';

/** Clients that are told apart; who comes when these are known is counted with the others. */
const MOST_CLIENTS = 16;

/** Refreshes that are remembered. */
const MOST_REFRESHES = 32;

/** Characters of what a client says of itself. */
const LONGEST_NAME = 40;

/** Who says nothing of itself, and who came too late to be told apart. */
const UNNAMED = 'unnamed';
const OTHERS = 'others';

type Remembered = Pick<Result<'activity'>, 'calls' | 'clients' | 'refreshLog'>;

/** What a client says of itself, made fit to be shown: nobody can prove it. */
export function clientName(said: unknown): string | undefined {
  const name = typeof said === 'string' ? printable(said, LONGEST_NAME).trim() : '';
  return name === '' ? undefined : name;
}

export class Activity {
  readonly #calls = new Map<string, number>();
  readonly #clients = new Map<string, { calls: number; lastAt: number }>();
  readonly #refreshes: { readonly at: number; readonly failed?: string }[] = [];

  /** @param at - unix seconds */
  called(method: string, client: string | undefined, at: number): void {
    const called = wireName(method);
    this.#calls.set(called, (this.#calls.get(called) ?? 0) + 1);
    const name = client ?? UNNAMED;
    const known = this.#clients.has(name) || this.#clients.size < MOST_CLIENTS ? name : OTHERS;
    this.#clients.set(known, { calls: (this.#clients.get(known)?.calls ?? 0) + 1, lastAt: at });
  }

  /** Notes a refresh, or why there was none. `at`: unix seconds. */
  refreshed(at: number, error?: unknown): void {
    const failed = error === undefined ? undefined : error instanceof BeamError ? error.code : 'failed';
    this.#refreshes.push(omitUndefined({ at, failed }));
    if (this.#refreshes.length > MOST_REFRESHES) this.#refreshes.shift();
  }

  get remembered(): Remembered {
    return {
      calls: [...this.#calls].map(([method, count]) => ({ method, count })),
      clients: [...this.#clients].map(([says, { calls, lastAt }]) => ({ says, calls, lastAt })),
      refreshLog: [...this.#refreshes],
    };
  }
}
