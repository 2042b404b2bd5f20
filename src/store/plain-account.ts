/** Account files as this program writes them, read without the yaml library: it would take longer than all the rest. */
import { bare } from './defined.ts';
import { isYamlComment, plainEntry, plainValue } from './flat-yaml.ts';

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
