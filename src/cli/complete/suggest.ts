/** What fits where the cursor is, told from the manifest alone: no command is loaded, nothing on disk is looked at. */
import type { Command } from '@oclif/core/command';
import { EXIT_CODES } from '../../errors.ts';
import { GLOBAL_FLAGS, LEADING_VALUE_FLAGS, routeArgv } from '../routing/argv.ts';
import { commandsOf, TOPIC_SEPARATORS, type Bin, type Manifest } from '../routing/manifest.ts';
import { isSubject, SUBJECTS, TOPICS } from '../routing/topics.ts';

/** Something that can be typed, and what it is in a few words. */
export interface Item {
  readonly value: string;
  readonly about: string;
}

/** Names that are on disk. */
export type NameKind = 'server' | 'account' | 'org' | 'label' | 'id' | 'gateway';

export type Suggestion = (
  | { readonly kind: 'files' }
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | { readonly kind: 'names'; readonly of: NameKind }
) & {
  /** What stands in front of the value in the same word: `--server=`. */
  readonly prefix: string;
  /** Values of the flags before the cursor. */
  readonly given: Readonly<Record<string, string>>;
};

/**
 * What a value is, by the word that help has for it: `helpValue` of a flag in capitals, the name of an argument in small
 * letters. What is in neither of the two is free text.
 */
export const VALUES: Readonly<Record<Bin, Readonly<Record<string, NameKind | 'files' | readonly string[]>>>> = {
  beamd: {
    'HOST': 'server',
    'NAME': 'account',
    'ORG': 'org',
    'FILE': 'files',
    'FILE|-': 'files',
    'MODE': ['0600', '0640'],
    'path': 'files',
    'server': 'server',
    'org': 'org',
    'filter': 'org',
    'topic': ['server', 'scope', 'account', 'token'],
    'operation': ['get', 'erase', 'store'],
    'action': ['get', 'list', 'store', 'erase', 'version'],
  },
  runbeam: {
    'name': 'label',
    'LABEL': 'label',
    'ID': 'id',
    'CODE': 'gateway',
    'GATEWAY': 'gateway',
    'gateway': 'gateway',
    'FILE': 'files',
    'FILE|-': 'files',
    'key': ['api_url'],
  },
};

type Flags = Readonly<Record<string, Command.Flag.Cached>>;

/** The words before the cursor, read. */
interface Read {
  readonly given: Record<string, string>;
  /** Names of the flags that stand there. */
  readonly used: Set<string>;
  /** How many words are arguments. */
  readonly args: number;
  /** A flag that waits for its value. */
  readonly pending?: Command.Flag.Cached;
}

/**
 * @param words - the words before the one at the cursor, without the program
 * @param current - the word at the cursor as far as it is typed
 */
export function suggest(bin: Bin, manifest: Manifest, words: readonly string[], current: string): Suggestion {
  const plain = { prefix: '', given: {} };
  // Behind it stands the command line of another program.
  if (words.includes('--')) return { kind: 'files', ...plain };
  const commands = commandsOf(manifest, bin);
  if (words[0] === 'help') return { kind: 'items', items: helpWords(bin, commands, words.slice(1)), ...plain };
  const aliases = new Map([...commands.values()].flatMap(({ id, aliases }) => aliases.map((alias) => [alias, id] as const)));
  const route = routeArgv(words, (id) => commands.has(id) || aliases.has(id));
  const command = route.id === undefined ? undefined : commands.get(aliases.get(route.id) ?? route.id);
  const flags = command?.flags ?? leadingFlags(commands);
  const read = readWords(route.argv, flags);
  const { given } = read;
  if (read.pending !== undefined) return { ...valueOf(bin, read.pending), prefix: '', given };
  const [name = '', inline] = current.split('=', 2);
  const flag = inline === undefined ? undefined : findFlag(name, flags);
  if (flag !== undefined) return { ...valueOf(bin, flag), prefix: `${name}=`, given };
  if (current.startsWith('-')) return { kind: 'items', items: flagItems(flags, read, words.length === 0), prefix: '', given };
  if (command !== undefined) return { ...argument(bin, command, read.args), prefix: '', given };
  return { kind: 'items', items: nextWords(bin, commands, route.words), prefix: '', given };
}

/** What a flag may be that stands before the command: whom it is for, or one of those that every command has. */
function leadingFlags(commands: ReadonlyMap<string, Command.Cached>): Flags {
  const all = [...commands.values()].flatMap(({ flags }) => Object.values(flags));
  return Object.fromEntries(
    all
      .filter(({ name, helpGroup }) => helpGroup === GLOBAL_FLAGS || LEADING_VALUE_FLAGS.has(`--${name}`))
      .map((flag) => [flag.name, flag]),
  );
}

function findFlag(word: string, flags: Flags): Command.Flag.Cached | undefined {
  return Object.values(flags).find(({ name, char }) => word === `--${name}` || (char !== undefined && word === `-${char}`));
}

function readWords(argv: readonly string[], flags: Flags): Read {
  const read = { given: {} as Record<string, string>, used: new Set<string>(), args: 0 };
  for (let index = 0; index < argv.length; index++) {
    const [word = '', inline] = (argv[index] ?? '').split(/=(.*)/s, 2);
    if (!word.startsWith('-')) {
      read.args++;
      continue;
    }
    const flag = findFlag(word, flags) ?? findFlag(word.replace(/^--no-/, '--'), flags);
    if (flag === undefined) continue;
    read.used.add(flag.name);
    if (flag.type === 'boolean') continue;
    const value = inline ?? argv[++index];
    if (value === undefined) return { ...read, pending: flag };
    read.given[flag.name] = value;
  }
  return read;
}

type Value = { readonly kind: 'files' } | { readonly kind: 'items'; readonly items: Item[] } | { kind: 'names'; of: NameKind };

const NOTHING: Value = { kind: 'items', items: [] };

function valueOf(bin: Bin, flag: Command.Flag.Cached): Value {
  if (flag.type !== 'option') return NOTHING;
  return flag.options === undefined ? known(bin, String(flag.helpValue)) : choices(flag.options);
}

function argument(bin: Bin, command: Command.Cached, index: number): Value {
  const arg = Object.values(command.args)[index];
  if (arg === undefined) return NOTHING;
  return arg.options === undefined ? known(bin, arg.name) : choices(arg.options);
}

function known(bin: Bin, word: string): Value {
  const value = Object.hasOwn(VALUES[bin], word) ? VALUES[bin][word] : undefined;
  if (value === undefined) return NOTHING;
  if (value === 'files') return { kind: 'files' };
  return typeof value === 'string' ? { kind: 'names', of: value } : choices(value);
}

function choices(words: readonly string[]): Value {
  return { kind: 'items', items: words.map((value) => ({ value, about: '' })) };
}

function flagItems(flags: Flags, { used }: Read, first: boolean): Item[] {
  const own = Object.values(flags)
    .filter(({ name, hidden }) => hidden !== true && !used.has(name))
    .flatMap((flag) => {
      const about = flag.summary ?? '';
      const no = flag.type === 'boolean' && flag.allowNo ? [{ value: `--no-${flag.name}`, about }] : [];
      return [{ value: `--${flag.name}`, about }, ...no];
    });
  const help = { value: '--help', about: 'Show help' };
  return first ? [...own, help, ...PROGRAM_FLAGS] : [...own, help];
}

const PROGRAM_FLAGS: readonly Item[] = [
  { value: '--version', about: 'Print the version' },
  { value: '--licenses', about: 'Print the licenses of what is bundled' },
];

/** What there is help about: commands, and what is none. */
function helpWords(bin: Bin, commands: ReadonlyMap<string, Command.Cached>, typed: readonly string[]): Item[] {
  if (typed.length === 1 && typed[0] === 'error') {
    return Object.entries(EXIT_CODES).map(([value, exit]) => ({ value, about: `exit code ${String(exit)}` }));
  }
  const words = nextWords(bin, commands, typed).filter(({ value }) => value !== 'help');
  if (typed.length > 0) return words;
  const subjects = Object.entries(SUBJECTS).map(([value, about]) => ({ value, about }));
  return [...words.filter(({ value }) => !isSubject(value)), ...subjects];
}

/** The commands, and the topics of commands, that go on from these words. */
function nextWords(bin: Bin, commands: ReadonlyMap<string, Command.Cached>, typed: readonly string[]): Item[] {
  const separator = TOPIC_SEPARATORS[bin];
  const items = new Map<string, string>();
  for (const { id, aliases, summary = '' } of [...commands.values()].filter(({ hidden }) => !hidden)) {
    for (const name of [id, ...aliases]) {
      const parts = separator === ' ' ? name.split(':') : [name];
      const next = parts[typed.length];
      if (next === undefined || typed.some((word, index) => word !== parts[index])) continue;
      items.set(next, parts.length === typed.length + 1 ? summary : (TOPICS[bin][next]?.description ?? ''));
    }
  }
  if (typed.length === 0) items.set('help', 'Show help of a command');
  return [...items].map(([value, about]) => ({ value, about }));
}
