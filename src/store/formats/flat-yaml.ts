/** The part of yaml that needs no yaml library, for commands that run thousands of times a day. */

/** An object without a prototype: whatever a document calls its keys, they are only keys. */
export function bare<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

const MAX_LENGTH = 65_536;
const LONGEST_KEY = 64;
const COMMENT = /^#[\u0020-\u007e\u00a0-\ud7ff]*$/u;
// A dotted IPv4 address with an optional port: never a number.
const ADDRESS = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?$/u;
const QUOTED = /^(["'])([A-Za-z0-9._/:@+ [\]-]*)\1$/u;

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

function isNotText(word: string): boolean {
  if (word.length !== 4 && word.length !== 5) return false;
  const lower = word.toLowerCase();
  return lower === 'null' || lower === 'true' || lower === 'false';
}

/** The text of a scalar that is certainly a string; undefined for any other. */
export function plainValue(text: string): string | undefined {
  if (isWord(text, '._/:@+-')) return isNotText(text) || text.endsWith(':') ? undefined : text;
  return QUOTED.exec(text)?.[2] ?? (ADDRESS.test(text) ? text : undefined);
}

/** The line from `start` to its end, without the spaces around. */
function withoutSpaces(line: string, start: number): string {
  let [from, to] = [start, line.length];
  while (line[from] === ' ') from += 1;
  while (to > from && line[to - 1] === ' ') to -= 1;
  return line.slice(from, to);
}

/** Key and value, as written, of a `key: value` line; undefined for another line or a key that may be no string. */
export function plainEntry(line: string): { readonly key: string; readonly text: string } | undefined {
  const colon = line.indexOf(': ');
  const key = line.slice(0, Math.max(0, colon));
  const known = key.length <= LONGEST_KEY && isWord(key.startsWith('_') ? `x${key}` : key, '_-') && !isNotText(key);
  const text = known ? withoutSpaces(line, colon + 1) : '';
  // Another kind of blank at an end is nothing to guess about.
  return text === '' || text !== text.trim() ? undefined : { key, text };
}

export function isYamlComment(line: string): boolean {
  return line.startsWith('#') && COMMENT.test(line);
}

/**
 * Reads a document of `key: value` lines and comments. Returns undefined whenever it is not certain that a yaml
 * parser would give exactly these keys with exactly these strings; then ask `parseYamlObject`.
 */
export function parseFlatYaml(text: string): Record<string, string> | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const result = bare<string>();
  for (const line of text.split('\n')) {
    if (line === '' || isYamlComment(line)) continue;
    const entry = plainEntry(line);
    const value = entry && plainValue(entry.text);
    if (entry === undefined || value === undefined || entry.key in result) return undefined;
    result[entry.key] = value;
  }
  return result;
}

/** Account files as this program writes them, read without the yaml library: it would take longer than all the rest. */

type Fields = Record<string, unknown>;

const NUMBER = /^(?:0|[1-9]\d{0,14})$/u;
const SLUG = /^ {2}- slug: +(\S(?:.*\S)?)$/u;
const ROLE = /^ {4}role: +(\S(?:.*\S)?)$/u;
// The lines of an age file. The first character is no space: it would change how deep the block is indented.
const BLOCK_LINE = /^ {2}([A-Za-z0-9+/=-][A-Za-z0-9+/= -]*)$/u;

/** The lines of a document, one after the other. */
class Lines {
  readonly #lines: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  get ended(): boolean {
    return this.#next >= this.#lines.length;
  }

  take(): string {
    return this.#lines[this.#next++] ?? '';
  }

  /** Group 1 of the next line if it matches; then the line is taken. */
  takeIf(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.#lines[this.#next] ?? '')?.[1];
    if (found !== undefined) this.#next += 1;
    return found;
  }

  /** Whether the next line belongs to the one before in a way that was not understood. */
  get indented(): boolean {
    return /^\s/u.test(this.#lines[this.#next] ?? '');
  }
}

function scopeList(lines: Lines): Fields[] | undefined {
  const scopes: Fields[] = [];
  for (let slug = lines.takeIf(SLUG); slug !== undefined; slug = lines.takeIf(SLUG)) {
    const role = lines.takeIf(ROLE);
    const texts = { slug: plainValue(slug), role: role === undefined ? undefined : plainValue(role) };
    if (texts.slug === undefined || (role !== undefined && texts.role === undefined)) return undefined;
    const scope = bare<unknown>();
    scope['slug'] = texts.slug;
    if (texts.role !== undefined) scope['role'] = texts.role;
    scopes.push(scope);
  }
  return scopes.length === 0 ? undefined : scopes;
}

function block(lines: Lines): string | undefined {
  const taken: string[] = [];
  for (let line = lines.takeIf(BLOCK_LINE); line !== undefined; line = lines.takeIf(BLOCK_LINE)) taken.push(line);
  return taken.length === 0 ? undefined : taken.join('\n');
}

function scalar(text: string): string | number | boolean | undefined {
  if (NUMBER.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return plainValue(text);
}

/** Key and value of the line that was taken, and of what hangs below it. */
function entryOf(line: string, lines: Lines): readonly [string, unknown] | undefined {
  if (line === 'scopes:') return ['scopes', scopeList(lines)];
  if (line === 'scopes: []') return ['scopes', []];
  if (line === 'secret: |-') return ['secret', block(lines)];
  const entry = plainEntry(line);
  return entry && [entry.key, scalar(entry.text)];
}

/**
 * Reads an account file that looks as `formatAccountFile` writes it. Returns undefined whenever it is not certain that
 * a yaml parser would give exactly these values; then ask `parseYamlObject`.
 */
export function parsePlainAccount(text: string): Fields | undefined {
  const result = bare<unknown>();
  const lines = new Lines(text);
  while (!lines.ended) {
    const line = lines.take();
    if (line === '' || isYamlComment(line)) continue;
    const [key, value] = entryOf(line, lines) ?? [];
    if (key === undefined || value === undefined || key in result || lines.indented) return undefined;
    result[key] = value;
  }
  return result;
}
