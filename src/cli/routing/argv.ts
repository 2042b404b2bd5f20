/** What can be told from the words of a command line before a command is chosen. */

/** Whether `--json` stands among the flags (what follows `--` belongs to somebody else). */
export function wantsJson(argv: readonly string[]): boolean {
  return ownWords(argv).includes('--json');
}

export function wantsHelp(argv: readonly string[]): boolean {
  return ownWords(argv).some((word) => word === '--help' || word === '-h');
}

/** Whether the version of the program is asked for. */
export function wantsVersion([first]: readonly string[]): boolean {
  return first === '--version' || first === '-v' || first === '-V';
}

/** Whether the licenses of what is bundled are asked for. */
export function wantsLicenses([first]: readonly string[]): boolean {
  return first === '--licenses';
}

/** How much is told beside results and errors: no notes, notes, each request too, and with an error where it came from. */
export type Verbosity = 'quiet' | 'usual' | 'requests' | 'frames';

const VERBOSITY: ReadonlyMap<string, Verbosity> = new Map([
  ['-q', 'quiet'],
  ['--quiet', 'quiet'],
  ['-v', 'requests'],
  ['--verbose', 'requests'],
  ['-vv', 'frames'],
  ['-vvv', 'frames'],
]);

/**
 * Takes the words of `runbeam` that say how much to tell, before the command or after it, as its Rust namesake has them. A
 * lone `-v` is no such word: it has always asked for the version.
 */
export function takeVerbosity(argv: readonly string[]): { readonly argv: readonly string[]; readonly verbosity: Verbosity } {
  const own = ownWords(argv);
  const told = own.filter((word) => VERBOSITY.has(word));
  if (told.length === 0 || (argv.length === 1 && argv[0] === '-v')) return { argv, verbosity: 'usual' };
  const [first = 'usual'] = told.map((word) => VERBOSITY.get(word) ?? 'usual').sort((a, b) => RANK[a] - RANK[b]);
  return { argv: [...own.filter((word) => !VERBOSITY.has(word)), ...argv.slice(own.length)], verbosity: first };
}

/** Who wants silence gets it; else the most that was asked for. */
const RANK: Readonly<Record<Verbosity, number>> = { quiet: 0, frames: 1, requests: 2, usual: 3 };

function ownWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

/** First word of a command line that asks what to complete; completion scripts write it, people do not. */
export const COMPLETE = '__complete';

/** Flags that take a value and may stand before the command. Written out, since routing must not load the commands. */
export const LEADING_VALUE_FLAGS: ReadonlySet<string> = new Set(['--server', '--account', '--scope', '--config']);

export interface SplitArgv {
  /** Flags that stand before the first word. */
  readonly leading: readonly string[];
  /** The first word that is neither a flag nor a flag's value, and everything after it. */
  readonly rest: readonly string[];
}

/** Splits off the flags that stand before the command: `--config app.yaml whoami`. */
export function splitArgv(argv: readonly string[]): SplitArgv {
  let index = 0;
  for (; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--' || !word.startsWith('-')) break;
    if (LEADING_VALUE_FLAGS.has(word)) index++;
  }
  return { leading: argv.slice(0, index), rest: argv.slice(index) };
}

export interface Route {
  /** Command id with `:` between topics. Absent: no such command. */
  readonly id?: string;
  /** What the command gets to parse: the leading flags, then the rest. */
  readonly argv: readonly string[];
  /** The words as typed, up to the first flag: for messages. */
  readonly words: readonly string[];
}

/** Words of the longest command id. */
const LONGEST_ID = 3;

/**
 * Finds the command: the longest run of words that is one wins. Between topics there may be spaces, colons, and flags that
 * stand before a command (`agent start`, `agent:start`, `agent --json start`), in either program.
 */
export function routeArgv(argv: readonly string[], has: (id: string) => boolean): Route {
  const { leading, rest } = splitArgv(argv);
  const end = rest.findIndex((word) => word.startsWith('-'));
  const words = end === -1 ? rest : rest.slice(0, end);
  const places = placesOfWords(rest);
  for (let count = places.length; count > 0; count--) {
    const taken = places.slice(0, count);
    const id = taken.map((place) => rest[place]).join(':');
    if (!has(id)) continue;
    const others = rest.filter((_, place) => !taken.includes(place));
    return { id, argv: [...leading, ...others], words };
  }
  return { argv: [...leading, ...rest], words };
}

/** Where the first words stand that are neither flags nor their values, as far as that can be told without the command. */
function placesOfWords(words: readonly string[]): number[] {
  const places: number[] = [];
  for (let place = 0; place < words.length && places.length < LONGEST_ID; place++) {
    const word = words[place] ?? '';
    if (word === '--') break;
    if (!word.startsWith('-')) places.push(place);
    else if (LEADING_VALUE_FLAGS.has(word)) place++;
  }
  return places;
}

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
