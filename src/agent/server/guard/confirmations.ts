/** Each use of an account that asks first: one question at a time, and one for all who ask the same at once. */
import { within, type Clock } from '../../../clock.ts';
import { BeamError } from '../../../errors.ts';
import type { Params, Work } from '../../protocol/agent.ts';

/** What somebody is asked about. */
export type Question = Params<'confirm'>;

/** How long others may be asked about before, milliseconds: what is left of a client's patience is for the answer. */
const MOST_WAIT = 25_000;

/** Questions that wait at once. */
const MOST_WAITING = 16;

export interface ConfirmationDeps {
  readonly clock: Clock;
  readonly work: Pick<Work, 'confirm'>;
}

export class Confirmations {
  readonly #deps: ConfirmationDeps;
  readonly #open = new Map<string, Promise<void>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: ConfirmationDeps) {
    this.#deps = deps;
  }

  /** Throws `forbidden` unless it is allowed: the answer was no, there was none in time, or nobody can be asked. */
  ask(question: Question): Promise<void> {
    const name = JSON.stringify([question.client, question.scope, question.use]);
    const open = this.#open.get(name);
    if (open !== undefined) return open;
    if (this.#open.size >= MOST_WAITING) return Promise.reject(othersFirst());
    const asked = this.#inTurn(question).finally(() => this.#open.delete(name));
    this.#open.set(name, asked);
    return asked;
  }

  async #inTurn(question: Question): Promise<void> {
    const { clock, work } = this.#deps;
    const before = this.#last;
    let given = false;
    const turn = before.then(() => (given ? undefined : work.confirm(question)));
    this.#last = turn.catch(() => undefined);
    await within(clock, MOST_WAIT, before, () => {
      given = true;
      throw othersFirst();
    });
    const { problem } = (await turn) ?? { problem: undefined };
    if (problem !== undefined) throw new BeamError('forbidden', problem.message, { hint: { text: problem.hint } });
  }
}

function othersFirst(): BeamError {
  return new BeamError('forbidden', 'The account asks before each use, and is asked about for others', {
    hint: { text: 'Try again once those are answered' },
  });
}
