/** What may have been meant by a word that was mistyped. */
import { printable } from './text.ts';

/** The candidate that is most like `word`, if one is near enough to have been meant. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = word.length <= 4 ? 1 : 2;
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of candidates) {
    // `unlink` is the contrary of `link`, and not a slip of the finger.
    if (word === `un${candidate}` || candidate === `un${word}`) continue;
    const distance = editDistance(word, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Letters that two words must have in common from the start, at least, if one is the other's beginning. */
const BEGINNING = 3;

/** As `nearest`, in upper or lower case; else a candidate that begins with the word, or with which it begins. */
export function likely(word: string, candidates: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  const byCase = candidates.map((name) => ({ name, lower: name.toLowerCase() }));
  const near = nearest(
    typed,
    byCase.map(({ lower }) => lower),
  );
  const begins = (lower: string): boolean =>
    Math.min(lower.length, typed.length) >= BEGINNING && (lower.startsWith(typed) || typed.startsWith(lower));
  return (byCase.find(({ lower }) => lower === near) ?? byCase.find(({ lower }) => begins(lower)))?.name;
}

/** The end of a message on a word that is none of these: `; did you mean acme?`, or nothing where none is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const guess = likely(word, candidates);
  return guess === undefined || guess === word ? '' : `; did you mean ${printable(guess)}?`;
}

/** Edits (insert, delete, replace, swap of neighbours) between two words. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    const row: number[] = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(i - 2, j - 2) + 1 : Infinity;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same, swap));
    }
  }
  return at(a.length, b.length);
}
