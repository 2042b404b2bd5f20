/** What is said of a command that does not exist, with the one that may have been meant. */
import { BeamError } from '../../errors.ts';
import type { Route } from '../routing/argv.ts';
import { TOPIC_SEPARATORS, type Bin } from '../routing/manifest.ts';
import { isTopic } from './plugin.ts';

/** `usage`. `ids`: the commands that may be offered instead. */
export function unknownCommand(bin: Bin, route: Route, ids: readonly string[]): BeamError {
  const [first] = route.words;
  if (first === undefined) {
    return new BeamError('usage', 'There are flags but no command', { hint: { command: `${bin} --help` } });
  }
  const inTopic = isTopic(bin, first);
  const typed = inTopic ? route.words.slice(0, 2) : [first];
  const guess = nearest(typed.join(':'), ids)?.replaceAll(':', TOPIC_SEPARATORS[bin]);
  const next = inTopic && typed.length === 1 ? `${first} --help` : (guess ?? '--help');
  return new BeamError('usage', `${bin} has no command named ${quoted(typed)}`, { hint: { command: `${bin} ${next}` } });
}

/** Words that were typed, if they are short enough to be a mistyped command and not a secret. */
function quoted(words: readonly string[]): string {
  return words.every((word) => /^[\w:.-]{1,24}$/.test(word)) ? `"${words.join(' ')}"` : 'like that';
}

/** The candidate that is most like `word`, if one is near enough to have been meant. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = word.length <= 4 ? 1 : 2;
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
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
