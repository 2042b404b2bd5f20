/** The user's token for a run: asked for once in a while, and by all through one connection to the agent. */
import type { Clock } from '../../../clock.ts';
import type { Secret } from '../../../secret.ts';
import type { Acting } from '../acting.ts';

/** Milliseconds for which it is not asked for again. An agent gives none that ends sooner, unless they live for less than a minute. */
const GOOD_FOR = 5_000;

/** Gives the token of whoever acts. Throws as `Acting.token`. */
export function tokenForRun({ token }: Pick<Acting, 'token'>, { elapsed }: Pick<Clock, 'elapsed'>): () => Promise<Secret> {
  let held: { readonly asked: Promise<Secret>; readonly until: number } | undefined;
  return () => {
    if (held === undefined || elapsed() >= held.until) {
      const asked = token();
      held = { asked, until: elapsed() + GOOD_FOR };
      // A failure is told to those who wait, and not kept.
      asked.catch(() => (held = undefined));
    }
    return held.asked;
  };
}
