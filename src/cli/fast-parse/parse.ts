import type { ArgDefinition } from './args.ts';
import type { FlagDefinition } from './flags.ts';

/** The statics of a command class that parsing needs. */
export interface Grammar {
  readonly flags?: Readonly<Record<string, FlagDefinition>>;
  readonly baseFlags?: Readonly<Record<string, FlagDefinition>>;
  readonly args?: Readonly<Record<string, ArgDefinition>>;
  /** False: words that no argument takes are let through. */
  readonly strict?: boolean;
}

export interface Parsed {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly args: Readonly<Record<string, unknown>>;
}

interface Taken {
  readonly name: string;
  readonly value: unknown;
  /** Words it took. */
  readonly words: number;
}

type Flags = Readonly<Record<string, FlagDefinition>>;

/** The flag that a word names, and the value after its `=`. */
function nameOf(word: string, flags: Flags): { name: string; inline: string | undefined } | undefined {
  const long = /^--([a-z][a-z-]*)(?:=(.+))?$/s.exec(word);
  if (long?.[1] !== undefined) return { name: realName(long[1], flags), inline: long[2] };
  const short = Object.entries(flags).find(([, { char }]) => char !== undefined && word === `-${char}`);
  return short && { name: short[0], inline: undefined };
}

/** The name of the flag that has this one as another. */
function realName(name: string, flags: Flags): string {
  return Object.entries(flags).find(([, { aliases }]) => aliases?.includes(name) === true)?.[0] ?? name;
}

/** A flag with its value, from the word at `index`; undefined: leave this command line to oclif. */
function takeFlag(argv: readonly string[], index: number, flags: Flags): Taken | undefined {
  const { name, inline } = nameOf(argv[index] ?? '', flags) ?? {};
  if (name === undefined) return undefined;
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag === undefined) return negated(name, inline, flags);
  if (flag.kind === 'switch') return inline === undefined ? { name, value: true, words: 1 } : undefined;
  const value = valueOf(inline ?? argv[index + 1] ?? '', flag);
  return value === undefined ? undefined : { name, value, words: inline === undefined ? 2 : 1 };
}

/** Undefined for none, a wrong one, or one that looks like a flag: oclif knows what to say. A lone dash is a value. */
function valueOf(text: string, flag: FlagDefinition): string | number | undefined {
  if (text === '' || (text !== '-' && text.startsWith('-'))) return undefined;
  if (flag.kind === 'number') return wholeNumber(text, flag);
  return flag.options?.includes(text) === false ? undefined : text;
}

function negated(name: string, inline: string | undefined, flags: Flags): Taken | undefined {
  const positive = name.startsWith('no-') ? name.slice(3) : '';
  const allowed = Object.hasOwn(flags, positive) && flags[positive]?.allowNo === true && inline === undefined;
  return allowed ? { name: positive, value: false, words: 1 } : undefined;
}

function wholeNumber(text: string, { min = -Infinity, max = Infinity }: FlagDefinition): number | undefined {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}

/** What oclif lets a definition ask for and this does not do: a command that uses one is left to oclif. */
const BEYOND = ['relationships', 'exactlyOne', 'atLeastOne', 'combinable', 'env', 'multiple', 'parse', 'charAliases'];

function isSupported(definition: FlagDefinition | ArgDefinition): boolean {
  return !BEYOND.some((name) => Object.hasOwn(definition, name)) && typeof definition.default !== 'function';
}

/** Flags that were given, or undefined as soon as something is not right; `words` gets the rest. */
function takeFlags(argv: readonly string[], flags: Flags, words: string[]): Map<string, unknown> | undefined {
  const given = new Map<string, unknown>();
  for (let index = 0; index < argv.length;) {
    const word = argv[index] ?? '';
    if (word === '') return undefined;
    if (!word.startsWith('-')) {
      words.push(word);
      index += 1;
      continue;
    }
    const taken = takeFlag(argv, index, flags);
    if (taken === undefined || given.has(taken.name)) return undefined;
    given.set(taken.name, taken.value);
    index += taken.words;
  }
  return given;
}

function respectsRules(given: ReadonlyMap<string, unknown>, flags: Flags): boolean {
  return Object.entries(flags).every(([name, flag]) => {
    if (!given.has(name)) return flag.required !== true;
    const alone = !(flag.exclusive ?? []).some((other) => given.has(other));
    return alone && (flag.dependsOn ?? []).every((other) => given.has(other));
  });
}

function nameArgs(words: readonly string[], args: Readonly<Record<string, ArgDefinition>>): Record<string, unknown> | undefined {
  const entries = Object.entries(args);
  if (words.length > entries.length) return undefined;
  const named: Record<string, unknown> = {};
  for (const [index, [name, { required, options, default: otherwise }]] of entries.entries()) {
    const word = words[index];
    if (word === undefined ? required === true : options !== undefined && !options.includes(word)) return undefined;
    const value = word ?? otherwise;
    if (value !== undefined) named[name] = value;
  }
  return named;
}

/**
 * Parses a command line with nothing wrong in it, to exactly what oclif makes of it. Undefined for anything else: help, a
 * wrong or repeated flag, `--`, an empty word, two flags that exclude each other. Those go to oclif.
 */
export function parseRight(argv: readonly string[], { flags, baseFlags, args = {}, strict = true }: Grammar): Parsed | undefined {
  const all = { ...baseFlags, ...flags };
  if (!strict || ![...Object.values(all), ...Object.values(args)].every(isSupported)) return undefined;
  const words: string[] = [];
  const given = takeFlags(argv, all, words);
  if (given === undefined || !respectsRules(given, all)) return undefined;
  const named = nameArgs(words, args);
  if (named === undefined) return undefined;
  const parsed: Record<string, unknown> = Object.fromEntries(given);
  for (const [name, flag] of Object.entries(all)) {
    if (!given.has(name) && flag.default !== undefined) parsed[name] = flag.default;
  }
  return { flags: parsed, args: named };
}
