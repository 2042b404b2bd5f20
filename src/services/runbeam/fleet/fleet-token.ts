/** The user's token for a run: asked for once in a while, and by all through one connection to the agent. */
import type { Clock } from '../../../clock.ts';
import type { Secret } from '../../../secret.ts';
import type { Acting } from '../acting.ts';

/** Milliseconds for which it is not asked for again. An agent gives none that ends sooner, unless they live for less than a minute. */
const GOOD_FOR = 5_000;

/** Gives the token of whoever acts: another one than that which was refused, once for all who report it. Throws as `Acting.token`. */
export function tokenForRun({ token }: Pick<Acting, 'token'>, { elapsed }: Pick<Clock, 'elapsed'>): Acting['token'] {
  let held: { readonly asked: Promise<Secret>; readonly until: number } | undefined;
  const ask = (refused?: Secret): Promise<Secret> => {
    const asked = token(refused);
    const mine = { asked, until: elapsed() + GOOD_FOR };
    held = mine;
    // A failure is told to those who wait, and not kept.
    asked.catch(() => {
      if (held === mine) held = undefined;
    });
    return asked;
  };
  return async (refused) => {
    const now = held;
    if (now === undefined || elapsed() >= now.until) return ask(refused);
    const given = await now.asked;
    if (refused === undefined || !given.equals(refused)) return given;
    return held === undefined || held === now ? ask(refused) : held.asked;
  };
}
