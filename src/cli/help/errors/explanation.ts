/** What is told of an error code. */
import type { Bin } from '../../routing/manifest.ts';

/** Why it happens, and what helps. `{bin}` is the program that failed; backticks enclose what is typed. */
type Cause = readonly [why: string, fix: string];

export interface Explanation {
  /** What it means, in one sentence without a full stop. */
  readonly what: string;
  /** Messages that have it, as far as they are always the same: `…` stands for what is not. */
  readonly says: readonly string[];
  readonly causes: readonly Cause[];
}

/** The explanation in words of one of the two programs. */
export function inWordsOf(bin: Bin, { what, says, causes }: Explanation): Explanation {
  const named = (text: string): string => text.replaceAll('{bin}', bin);
  return { what, says, causes: causes.map(([why, fix]) => [named(why), named(fix)]) };
}
