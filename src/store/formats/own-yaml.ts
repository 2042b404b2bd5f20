/**
 * The yaml that this program writes, read without the yaml library: to load that takes longer than all else that an everyday
 * command does. A document is `key: value` lines and comments; below a key there may be a list of texts and flat maps, one
 * flat map, or a block of text. Whatever is not certain to mean the same to the library is left to it (`yaml.ts`).
 */

type Fields = Record<string, unknown>;
type Scalar = string | number | boolean;

/** An object without a prototype: whatever a document calls its keys, they are only keys. */
export function bare<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

const LONGEST_KEY = 64;
const COMMENT = /^#[\u0020-\u007e\u00a0-\ud7ff]*$/u;
const NUMBER = /^(?:0|[1-9]\d{0,14})$/u;
// A dotted IPv4 address with an optional port: never a number.
const ADDRESS = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?$/u;
const QUOTED = /^(["'])([A-Za-z0-9._/:@+ [\]-]*)\1$/u;
const ITEM = '  - ';
// The lines of an age file. The first character is no space: it would change how deep the block is indented.
const BLOCK_LINE = /^ {2}([A-Za-z0-9+/=-][A-Za-z0-9+/= -]*)$/u;

// Loops and not patterns, where a line can be anything: to compile one costs more than to look at every character.
const isLetter = (code: number): boolean => (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** Whether `text` begins with a letter and goes on with letters, digits and characters of `others`. */
function isWord(text: string, others: string): boolean {
  if (!isLetter(text.charCodeAt(0))) return false;
  for (let index = 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (!isLetter(code) && !isDigit(code) && !others.includes(text.charAt(index))) return false;
  }
  return true;
}

/** Whether a word may be read as something else than text. */
function isKeyword(word: string): boolean {
  if (word.length !== 4 && word.length !== 5) return false;
  const lower = word.toLowerCase();
  return lower === 'null' || lower === 'true' || lower === 'false';
}

/** The value of a scalar that nothing reads in another way; undefined for any other. */
function scalarOf(text: string): Scalar | undefined {
  if (isWord(text, '._/:@+-')) {
    if (text === 'true' || text === 'false') return text === 'true';
    return isKeyword(text) || text.endsWith(':') ? undefined : text;
  }
  // An absolute path, as of a program.
  if (text.startsWith('/') && isWord(`x${text}`, '._/@+-')) return text;
  if (NUMBER.test(text)) return Number(text);
  return QUOTED.exec(text)?.[2] ?? (ADDRESS.test(text) ? text : undefined);
}

interface Entry {
  readonly key: string;
  /** As it is written; empty where the value stands below. */
  readonly text: string;
}

/** The entry on a line, which begins after `indent` characters; undefined for another line or a key that may be no text. */
function entryOf(line: string, indent: number): Entry | undefined {
  const colon = line.indexOf(':', indent);
  const key = line.slice(indent, Math.max(indent, colon));
  if (key.length > LONGEST_KEY || !isWord(key.startsWith('_') ? `x${key}` : key, '_-') || isKeyword(key)) return undefined;
  let [from, to] = [colon + 1, line.length];
  if (from === to) return { key, text: '' };
  // Spaces alone: what other blanks at an end mean is nothing to guess about.
  while (line[from] === ' ') from += 1;
  while (to > from && line[to - 1] === ' ') to -= 1;
  return from === colon + 1 || from === to ? undefined : { key, text: line.slice(from, to) };
}

/** The lines of a document, one after the other. */
class Lines {
  readonly #lines: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  /** Undefined at the end. */
  take(): string | undefined {
    return this.#lines[this.#next++];
  }

  /** The next line, which is taken, if it begins with `start`. */
  takeIf(start: string): string | undefined {
    return this.beginsWith(start) ? this.take() : undefined;
  }

  /** The next line, which is not taken; empty at the end. */
  peek(): string {
    return this.#lines[this.#next] ?? '';
  }

  beginsWith(start: string): boolean {
    return this.peek().startsWith(start);
  }
}

/** The flat map whose first line begins with `first` and every other one with `others`. */
function mapBelow(lines: Lines, first: string, others: string): Fields | undefined {
  const fields = bare<unknown>();
  let start = first;
  for (let line = lines.takeIf(start); line !== undefined; line = lines.takeIf(start)) {
    const entry = entryOf(line, start.length);
    const value = entry && scalarOf(entry.text);
    if (entry === undefined || value === undefined || entry.key in fields) return undefined;
    fields[entry.key] = value;
    start = others;
  }
  return fields;
}

function listBelow(lines: Lines): (Fields | Scalar)[] | undefined {
  const items: (Fields | Scalar)[] = [];
  while (lines.beginsWith(ITEM)) {
    const text = lines.peek().slice(ITEM.length);
    const item = entryOf(text, 0) === undefined ? scalarOf(text) : mapBelow(lines, ITEM, '    ');
    if (item === undefined) return undefined;
    if (typeof item !== 'object') lines.take();
    items.push(item);
  }
  return items;
}

function blockBelow(lines: Lines): string | undefined {
  const taken: string[] = [];
  for (let line = lines.takeIf('  '); line !== undefined; line = lines.takeIf('  ')) {
    const text = BLOCK_LINE.exec(line)?.[1];
    if (text === undefined) return undefined;
    taken.push(text);
  }
  return taken.length === 0 ? undefined : taken.join('\n');
}

function valueOf({ text }: Entry, lines: Lines): unknown {
  if (text === '[]') return [];
  if (text === '|-') return blockBelow(lines);
  if (text !== '') return scalarOf(text);
  if (lines.beginsWith(ITEM)) return listBelow(lines);
  return lines.beginsWith('  ') ? mapBelow(lines, '  ', '  ') : undefined;
}

/**
 * Reads a document of the kind that this program writes. Undefined whenever it is not certain that the yaml library would
 * give exactly these values: ask `parseYaml`, which asks both.
 */
export function parseOwnYaml(text: string): Fields | undefined {
  const document = bare<unknown>();
  const lines = new Lines(text);
  for (let line = lines.take(); line !== undefined; line = lines.take()) {
    if (line === '' || (line.startsWith('#') && COMMENT.test(line))) continue;
    const entry = entryOf(line, 0);
    const value = entry && valueOf(entry, lines);
    if (entry === undefined || value === undefined || entry.key in document) return undefined;
    document[entry.key] = value;
  }
  return document;
}
