/** Documents from disk, read field by field, in errors that name the file and the field and never the value. */
import { BeamError } from '../../errors.ts';

type Members = Readonly<Record<string, unknown>>;

/** A field that may be absent: a text, a number or a flag of another program's file may be null as well. */
type Maybe<T> = T | null | undefined;

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `bad_file`: what is wrong with the file at `path`. */
export function wrongFile(path: string, what: string): BeamError {
  return new BeamError('bad_file', `${path} ${what}`, { hint: { text: `Correct ${path}` } });
}

/**
 * Reads the fields of one object. Every method throws `bad_file` for a value that the field cannot have. Written by hand:
 * a schema library would take an everyday command longer than all it reads.
 */
export class DocumentReader {
  readonly #members: Members;
  readonly #path: string;
  readonly #prefix: string;

  /** `path` names the file, `prefix` where in it the object is (`scopes.0.`). */
  constructor(members: Members, path: string, prefix = '') {
    this.#members = members;
    this.#path = path;
    this.#prefix = prefix;
  }

  #wrong(name: string): BeamError {
    const what = this.#members[name] === undefined ? 'lacks' : 'has a wrong';
    return wrongFile(this.#path, `${what} \`${this.#prefix}${name}\``);
  }

  /** A text that says something. A number has to be quoted: `007` would come back as 7. */
  text(name: string): string {
    const value = this.#members[name];
    if (typeof value !== 'string' || value === '') throw this.#wrong(name);
    return value;
  }

  optionalText(name: string): Maybe<string> {
    const value = this.#members[name];
    return value === undefined || value === null ? value : this.text(name);
  }

  /** Any text, an empty one too. */
  optionalString(name: string): Maybe<string> {
    const value = this.#members[name];
    if (value === undefined || value === null || typeof value === 'string') return value;
    throw this.#wrong(name);
  }

  /** A text that matches, or none. */
  optionalMatch(name: string, pattern: RegExp): Maybe<string> {
    const value = this.optionalString(name);
    if (typeof value === 'string' && !pattern.test(value)) throw this.#wrong(name);
    return value;
  }

  number(name: string): number {
    const value = this.#members[name];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#wrong(name);
    return value;
  }

  optionalNumber(name: string): Maybe<number> {
    const value = this.#members[name];
    return value === undefined || value === null ? value : this.number(name);
  }

  /** A TCP port. */
  port(name: string): number {
    const value = this.number(name);
    if (!Number.isInteger(value) || value < 1 || value > 65_535) throw this.#wrong(name);
    return value;
  }

  optionalFlag(name: string): Maybe<boolean> {
    const value = this.#members[name];
    if (value === undefined || value === null || typeof value === 'boolean') return value;
    throw this.#wrong(name);
  }

  /** One of a few words. */
  choice<T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.#members[name];
    const word = words.find((one) => one === value);
    if (word === undefined && value !== undefined) throw this.#wrong(name);
    return word;
  }

  /** The object in a field. */
  optionalObject(name: string): DocumentReader | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) return undefined;
    if (!isMembers(value)) throw this.#wrong(name);
    return new DocumentReader(value, this.#path, `${this.#prefix}${name}.`);
  }

  /** The list in a field, each item by `read`; undefined there is a wrong item. */
  optionalList<T>(name: string, read: (item: unknown) => T | undefined): T[] | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw this.#wrong(name);
    return value.map((item: unknown, index) => {
      const one = read(item);
      if (one === undefined)
        throw new DocumentReader({ [index]: item }, this.#path, `${this.#prefix}${name}.`).#wrong(String(index));
      return one;
    });
  }
}

/** Reads a list of objects. Throws `bad_file` as their readers do. */
export function readObjects<T>(value: unknown, path: string, read: (item: DocumentReader, members: Members) => T): T[] {
  if (!Array.isArray(value)) throw wrongFile(path, 'does not have the expected form');
  return value.map((item: unknown, index) => {
    if (!isMembers(item)) throw wrongFile(path, `has a wrong \`${index}\``);
    return read(new DocumentReader(item, path, `${index}.`), item);
  });
}

/** JSON from a file. Throws `bad_file`, never with the text in it. */
export function parseJsonFile(json: string, path: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return value;
  } catch {
    // The parser's message quotes the text, so it is not even kept as the cause.
    throw wrongFile(path, 'is not valid JSON');
  }
}
