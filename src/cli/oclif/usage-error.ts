/** What is wrong with a command line, in our words: oclif's parser says it in its own, and with values that may be secrets. */
import { BeamError, type Hint } from '../../errors.ts';
import { didYouMean, likely } from '../../nearest.ts';
import { printable } from '../../text.ts';
import { ownWords } from '../routing/argv.ts';

/** A flag or an argument, as a command defines it. */
interface Definition {
  readonly name?: string;
  readonly type?: string;
  readonly helpValue?: string | readonly string[];
  readonly options?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly required?: boolean;
  readonly dependsOn?: readonly unknown[];
  readonly exclusive?: readonly unknown[];
}

type Definitions = Readonly<Record<string, Definition>>;

/** What a command takes. */
export interface Taken {
  readonly flags: Definitions;
  readonly args: Definitions;
}

/** An error of oclif's parser. What its subclasses carry differs, and some carry nothing but their text. */
interface ParseError extends Error {
  readonly args?: unknown;
  /** Flags that were typed and that the command does not have. */
  readonly flags?: unknown;
  readonly parse?: { readonly output?: Parsed };
}

interface Parsed {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly metadata?: { readonly flags?: Readonly<Record<string, { readonly setFromDefault?: boolean } | undefined>> };
}

const SEE_HELP: Hint = { text: 'Add --help to see how it is used' };

const usage = (message: string, cause?: unknown): BeamError => new BeamError('usage', message, { hint: SEE_HELP, cause });

/** Only those have an `oclif` field. */
function isParseError(error: unknown): error is ParseError {
  return error instanceof Error && 'oclif' in error;
}

/** `usage` in our words for an error of the parser; any other error as it is. */
export function asUsageError(error: unknown, taken: Taken): unknown {
  if (!isParseError(error)) return error;
  const message =
    unknownFlags(error, taken) ?? unexpected(error) ?? missing(error) ?? brokenRule(error, taken) ?? wrongValue(error, taken);
  return usage(message ?? 'The flags and arguments are not ones that this command takes', error);
}

/** Of a list that an error may carry. */
function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function unknownFlags({ flags }: ParseError, taken: Taken): string | undefined {
  const [first] = listIn(flags);
  return typeof first === 'string' ? noSuchFlag(first, Object.keys(taken.flags)) : undefined;
}

/** `There is no flag --sever; did you mean --server?` */
function noSuchFlag(word: string, known: readonly string[]): string {
  const typed = word.split('=')[0] ?? '';
  if (!/^--?[\w-]{1,40}$/.test(typed)) return 'There is no such flag';
  const meant = typed.startsWith('--') ? likely(typed.slice(2), known) : undefined;
  return `There is no flag ${typed}${meant === undefined ? '' : `; did you mean --${meant}?`}`;
}

/** `usage` for a flag that nothing has, with the one of `known` (names without dashes) that may have been meant. */
export function unknownFlag(typed: string, known: readonly string[]): BeamError {
  return usage(noSuchFlag(typed, known));
}

/**
 * `usage` for a switch with a value: `--yes=false` would be `--yes`, and a word `false` beside it, which may be taken for a name.
 * Undefined: there is none.
 */
export function valuedSwitch(argv: readonly string[], { flags }: Taken): BeamError | undefined {
  for (const word of ownWords(argv)) {
    const [, name = ''] = /^--([a-z-]+)=/.exec(word) ?? [];
    const flag = flags[name] ?? (name.startsWith('no-') ? flags[name.slice(3)] : undefined);
    if (flag?.type === 'boolean') return usage(`--${name} takes no value`);
  }
  return undefined;
}

/** A value that was typed may be a secret: it is left out if it is long. */
function unexpected({ args }: ParseError): string | undefined {
  const [word] = listIn(args);
  if (typeof word !== 'string') return undefined;
  return word.length <= 24 ? `Unexpected argument: ${printable(word)}` : 'Unexpected argument';
}

function missing({ args }: ParseError): string | undefined {
  const names = listIn(args).map((arg) =>
    typeof arg === 'object' && arg !== null && 'name' in arg ? String(arg.name).toUpperCase() : '',
  );
  return names.length === 0 || names.includes('') ? undefined : `Missing: ${names.join(' ')}`;
}

/** Flags that need one another, that exclude one another, or that must be given. */
function brokenRule({ parse }: ParseError, { flags }: Taken): string | undefined {
  const { output } = parse ?? {};
  if (output === undefined) return undefined;
  const isGiven = (name: string): boolean =>
    output.flags[name] !== undefined && output.metadata?.flags?.[name]?.setFromDefault !== true;
  const given = Object.keys(flags).filter(isGiven);
  for (const name of given) {
    const lacking = needs(name, flags).filter((other) => !isGiven(other));
    if (lacking.length > 0) return `--${name} needs ${inWords(lacking.map((other) => withValue(other, flags)))}`;
    const other = names(flags[name]?.exclusive).find(isGiven);
    if (other !== undefined) return `--${name} and --${other} do not go together`;
  }
  const absent = Object.entries(flags).flatMap(([name, { required }]) => (required === true && !isGiven(name) ? [name] : []));
  return absent.length === 0 ? undefined : `Missing: ${absent.map((name) => withValue(name, flags)).join(' ')}`;
}

/** What a flag depends on, and what that depends on; two may need each other. */
function needs(name: string, flags: Definitions, found = new Set<string>()): readonly string[] {
  for (const other of names(flags[name]?.dependsOn)) {
    if (found.has(other)) continue;
    found.add(other);
    needs(other, flags, found);
  }
  return [...found];
}

function names(flags: readonly unknown[] = []): string[] {
  return flags.filter((flag) => typeof flag === 'string');
}

/** `--out FILE` */
function withValue(name: string, flags: Definitions): string {
  const { type, helpValue = 'VALUE' } = flags[name] ?? {};
  return type === 'boolean' ? `--${name}` : `--${name} ${[helpValue].flat().join(' ')}`;
}

/** These errors carry nothing: of their text the name of the flag is taken, and of an argument which choices it has. */
function wrongValue({ message }: ParseError, { flags, args }: Taken): string | undefined {
  const text = process.getBuiltinModule('node:util').stripVTControlCharacters(message);
  const [, named] = /^(?:Flag|Parsing|Expected) --([a-z-]+)[ =]/.exec(text) ?? [];
  const flag = named === undefined ? undefined : flags[named];
  if (named === undefined || flag === undefined) return wrongArgument(text, args);
  if (text.startsWith('Flag')) {
    if (text.endsWith(' once')) return `--${named} is given more than once`;
    return flag.options === undefined ? `There is no value for ${withValue(named, flags)}` : choice(`--${named}`, 'takes', flag);
  }
  if (flag.options !== undefined) return choice(`--${named}`, 'takes', flag, typedIn(text));
  return `--${named} takes a whole number${range(flag)}`;
}

function wrongArgument(text: string, args: Definitions): string | undefined {
  const found = Object.entries(args).find(
    ([, { options }]) => options !== undefined && text.includes(` to be one of: ${options.join(', ')}`),
  );
  if (found === undefined) return undefined;
  const [key, arg] = found;
  return choice((arg.name ?? key).toUpperCase(), 'is', arg, typedIn(text));
}

function typedIn(text: string): string {
  return /^Expected (?:--[\w-]+=)?(.*) to be one of: /s.exec(text)?.[1] ?? '';
}

/** `--via takes cloud or harmony; did you mean cloud?` */
function choice(subject: string, verb: 'takes' | 'is', { options = [] }: Definition, typed = ''): string {
  return `${subject} ${verb} ${inWords(options, 'or')}${didYouMean(typed, options)}`;
}

function range({ min, max }: Definition): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of ${min} or more`;
  return max === undefined ? '' : ` of ${max} or less`;
}

/** `bash, zsh or fish` */
function inWords(words: readonly string[], last: 'and' | 'or' = 'and'): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].filter(Boolean).join(` ${last} `);
}
