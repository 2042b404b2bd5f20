/** Which help a command line asks for. */
import { wantsHelp, wantsJson } from '../argv.ts';
import type { Route } from '../argv.ts';

/**
 * Id of the command or topic whose help is wanted, perhaps of none that exists, or `''` for the whole program's.
 * Undefined: no help is wanted.
 */
export function wantedHelp(argv: readonly string[], route: Route, isTopic: (word: string) => boolean): string | undefined {
  const { id, words } = route;
  const [first] = words;
  if (first === 'help') return id ?? words.slice(1).join(':');
  if (wantsHelp(argv)) return id ?? words.join(':');
  if (argv.length === 0) return '';
  // One word only: the help of `runbeam token get` would be taken for the token of `token:get`.
  const alone = id === undefined && first !== undefined && words.length === 1;
  return alone && isTopic(first) && !wantsJson(argv) ? first : undefined;
}
