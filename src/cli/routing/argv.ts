/** What can be told from the words of a command line before a command is chosen. */

/** Whether `--json` stands among the flags (what follows `--` belongs to somebody else). */
export function wantsJson(argv: readonly string[]): boolean {
  return ownWords(argv).includes('--json');
}

export function wantsHelp(argv: readonly string[]): boolean {
  return ownWords(argv).some((word) => word === '--help' || word === '-h');
}

/** Whether the version of the program is asked for, in place of a command. A lone `-v` has always asked for it. */
export function wantsVersion(argv: readonly string[]): boolean {
  if (argv.length === 1 && argv[0] === '-v') return true;
  return splitArgv(argv).leading.some((word) => word === '--version' || word === '-V');
}

/** Whether the licenses of what is bundled are asked for. */
export function wantsLicenses([first]: readonly string[]): boolean {
  return first === '--licenses';
}

/** How much is told beside results and errors. */
export interface Telling {
  /** No notes. */
  readonly quiet: boolean;
  /** What is done: files, hosts, times. */
  readonly steps: boolean;
  /** With an error, where in the program it came from. */
  readonly frames: boolean;
  /** Colours, where they are wanted. */
  readonly colour: boolean;
}

export const USUAL: Telling = { quiet: false, steps: false, frames: false, colour: true };

/** A flag, and what it asks for. */
interface TellingFlag {
  readonly flag: string;
  readonly asks: Partial<Telling>;
}

const QUIET: TellingFlag = { flag: '--quiet', asks: { quiet: true } };
const VERBOSE: TellingFlag = { flag: '--verbose', asks: { steps: true } };
const VERY_VERBOSE: TellingFlag = { flag: '--verbose', asks: { steps: true, frames: true } };

/** Flags of every command that hold wherever they stand, by their words. `-vv` and `-vvv` are the Rust `runbeam`'s. */
const TELLING: ReadonlyMap<string, TellingFlag> = new Map([
  ['-q', QUIET],
  ['--quiet', QUIET],
  ['-v', VERBOSE],
  ['--verbose', VERBOSE],
  ['-vv', VERY_VERBOSE],
  ['-vvv', VERY_VERBOSE],
  ['--debug', { flag: '--debug', asks: { frames: true } }],
  ['--no-color', { flag: '--no-color', asks: { colour: false } }],
]);

/**
 * Reads the flags that say how much to tell, before the command or after it. They are left for the parsers, who know where a
 * word is a value; only what those would not take is made what they do: `-vv`, and a flag that is repeated. Who wants silence
 * gets it.
 */
export function readTelling(argv: readonly string[]): { readonly argv: readonly string[]; readonly telling: Telling } {
  const own = ownWords(argv);
  if (!own.some((word) => TELLING.has(word)) || wantsVersion(argv)) return { argv, telling: USUAL };
  let telling = USUAL;
  const seen = new Set<string>();
  const kept: string[] = [];
  for (const word of own) {
    const { flag, asks } = TELLING.get(word) ?? {};
    telling = { ...telling, ...asks };
    if (flag === undefined) kept.push(word);
    else if (!seen.has(flag)) kept.push(word.startsWith('-vv') ? flag : word);
    if (flag !== undefined) seen.add(flag);
  }
  return { argv: [...kept, ...argv.slice(own.length)], telling: { ...telling, steps: telling.steps && !telling.quiet } };
}

/** What is ours of a command line: what follows `--` is another program's. */
export function ownWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

/** What follows `--`. */
export function othersWords(argv: readonly string[]): readonly string[] {
  return argv.slice(ownWords(argv).length + 1);
}

/** First word of a command line that asks what to complete; completion scripts write it, people do not. */
export const COMPLETE = '__complete';

/** What the flags that every command has are called in help. */
export const GLOBAL_FLAGS = 'GLOBAL';

let running: string | undefined;

/** Notes which command this process runs. Only its name: what stands behind it is nobody's business. */
export function noteCommand(bin: string, id: string): void {
  running = `${bin} ${bin === 'beamd' ? id.replaceAll(':', ' ') : id}`;
}

/** `beamd agent status`: what this process runs, as agents are told; undefined before that is known. */
export function runningCommand(): string | undefined {
  return running;
}

/** Flags that take a value and may stand before the command. Written out, since routing must not load the commands. */
export const LEADING_VALUE_FLAGS: ReadonlySet<string> = new Set(['--server', '--account', '--scope', '--config']);

export interface SplitArgv {
  /** Flags that stand before the first word. */
  readonly leading: readonly string[];
  /** The first word that is neither a flag nor a flag's value, and everything after it. */
  readonly rest: readonly string[];
}

/** Splits off the flags that stand before the command: `--config app.yaml whoami`. `withValue`: which of them take one. */
export function splitArgv(argv: readonly string[], withValue: ReadonlySet<string> = LEADING_VALUE_FLAGS): SplitArgv {
  let index = 0;
  for (; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--' || !word.startsWith('-')) break;
    if (withValue.has(word)) index++;
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
