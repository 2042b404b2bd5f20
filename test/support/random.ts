/** Chance that can be had again. */
import { createHash } from 'node:crypto';

export interface Random {
  /** From `low` up to `high`. */
  between(low: number, high: number): number;
  /** One of the things, each as likely as its weight says. */
  pick<T>(weighted: readonly (readonly [weight: number, thing: T])[]): T;
}

/** The same numbers for the same seed and name, whatever else is drawn meanwhile. */
export function seededRandom(seed: number, name: string): Random {
  let state = createHash('sha256').update(`${seed} ${name}`).digest().readUInt32LE();
  // Mulberry32, by Tommy Ettinger: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (low, high) => low + next() * (high - low),
    pick: (weighted) => {
      let left = next() * weighted.reduce((total, [weight]) => total + weight, 0);
      for (const [weight, thing] of weighted) if ((left -= weight) < 0) return thing;
      throw new Error('nothing to pick from');
    },
  };
}
