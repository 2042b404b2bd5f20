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

/**
 * Finds the command. With spaces between topics the longest run of words that is a command wins (`agent start`); a word
 * with colons in it is taken as it is.
 */
export function routeArgv(argv: readonly string[], has: (id: string) => boolean, separator: ' ' | ':'): Route {
  const { leading, rest } = splitArgv(argv);
  const end = rest.findIndex((word) => word.startsWith('-'));
  const words = end === -1 ? rest : rest.slice(0, end);
  const longest = Math.min(words.length, separator === ' ' ? 3 : 1);
  for (let count = longest; count > 0; count--) {
    const id = words.slice(0, count).join(':');
    if (has(id)) return { id, argv: [...leading, ...rest.slice(count)], words };
  }
  return { argv: [...leading, ...rest], words };
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
