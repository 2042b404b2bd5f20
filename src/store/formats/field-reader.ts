/** Documents from disk, read field by field, in errors that name the file and the field and never the value. */
import { BeamError, type ErrorCode } from '../../errors.ts';
import { isFields, type Fields } from '../../loose-json.ts';

/** A field that may be absent: a text, a number or a flag of another program's file may be null as well. */
type Maybe<T> = T | null | undefined;

const NO_FORM = 'does not have the expected form';

/** `bad_file`, or another code: what is wrong with the file at `path`. */
export function wrongFile(path: string, what: string, code: ErrorCode = 'bad_file'): BeamError {
  return new BeamError(code, `${path} ${what}`, { hint: { text: `Correct ${path}` } });
}

/** Where an object is. */
interface Place {
  readonly path: string;
  /** Where in the file: `scopes.0.`, or nothing. */
  readonly prefix: string;
  readonly code: ErrorCode;
}

/**
 * Reads the fields of one object. Every method throws `bad_file`, or the code that was given, for a value that the field
 * cannot have. Written by hand: a schema library would take an everyday command longer than all it reads.
 */
export class FieldReader {
  /** All of them, unread: a program that writes the file again keeps what it does not know. */
  readonly members: Fields;
  readonly #place: Place;

  private constructor(members: Fields, place: Place) {
    this.members = members;
    this.#place = place;
  }

  /** Of the value of a whole file. Throws as the methods do if it is no object. */
  static of(value: unknown, path: string, code: ErrorCode = 'bad_file'): FieldReader {
    if (!isFields(value)) throw wrongFile(path, NO_FORM, code);
    return new FieldReader(value, { path, prefix: '', code });
  }

  /** Of each object in a file that is a list of them. Throws `bad_file`. */
  static list(value: unknown, path: string): FieldReader[] {
    if (!Array.isArray(value)) throw wrongFile(path, NO_FORM);
    return value.map((item: unknown, index) => {
      if (!isFields(item)) throw wrongFile(path, `has a wrong \`${index}\``);
      return new FieldReader(item, { path, prefix: `${index}.`, code: 'bad_file' });
    });
  }

  #wrong(name: string | number): BeamError {
    const { path, prefix, code } = this.#place;
    const what = this.members[name] === undefined ? 'lacks' : 'has a wrong';
    return wrongFile(path, `${what} \`${prefix}${name}\``, code);
  }

  /** A text that says something. A number has to be quoted: `007` would come back as 7. */
  text(name: string): string {
    const value = this.members[name];
    if (typeof value !== 'string' || value === '') throw this.#wrong(name);
    return value;
  }

  optionalText(name: string): Maybe<string> {
    const value = this.members[name];
    return value === undefined || value === null ? value : this.text(name);
  }

  /** Any text, an empty one too. */
  optionalString(name: string): Maybe<string> {
    const value = this.members[name];
    if (value === undefined || value === null || typeof value === 'string') return value;
    throw this.#wrong(name);
  }

  /** A text that matches, or none. */
  optionalMatch(name: string, fits: (text: string) => boolean): Maybe<string> {
    const value = this.optionalString(name);
    if (typeof value === 'string' && !fits(value)) throw this.#wrong(name);
    return value;
  }

  number(name: string): number {
    const value = this.members[name];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#wrong(name);
    return value;
  }

  optionalNumber(name: string): Maybe<number> {
    const value = this.members[name];
    return value === undefined || value === null ? value : this.number(name);
  }

  /** An id, which some write as a number, as text. */
  optionalId(name: string): Maybe<string> {
    const value = this.members[name];
    return typeof value === 'number' ? String(value) : this.optionalString(name);
  }

  /** A TCP port. */
  port(name: string): number {
    const value = this.number(name);
    if (!Number.isInteger(value) || value < 1 || value > 65_535) throw this.#wrong(name);
    return value;
  }

  optionalFlag(name: string): Maybe<boolean> {
    const value = this.members[name];
    if (value === undefined || value === null || typeof value === 'boolean') return value;
    throw this.#wrong(name);
  }

  /** One of a few words. */
  choice<T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.members[name];
    const word = words.find((one) => one === value);
    if (word === undefined && value !== undefined) throw this.#wrong(name);
    return word;
  }

  /** A text, or a list of texts; an absent one and an empty one are undefined. */
  optionalWords(name: string): readonly string[] | undefined {
    const value = this.members[name] ?? '';
    const words: readonly unknown[] = Array.isArray(value) ? value : [value];
    const texts = words.filter((word): word is string => typeof word === 'string');
    if (texts.length !== words.length) throw this.#wrong(name);
    return texts.some((text) => text !== '') ? texts : undefined;
  }

  /** The object in a field. */
  optionalObject(name: string): FieldReader | undefined {
    const value = this.members[name];
    if (value === undefined || value === null) return undefined;
    if (!isFields(value)) throw this.#wrong(name);
    return new FieldReader(value, this.#inside(name));
  }

  /** All fields of this object, which are texts. */
  strings(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.members).map(([name, value]) => {
        if (typeof value !== 'string') throw this.#wrong(name);
        return [name, value];
      }),
    );
  }

  /** The list in a field, each item by `read`; undefined there is a wrong item. */
  optionalList<T>(name: string, read: (item: unknown) => T | undefined): T[] | undefined {
    const value = this.members[name];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw this.#wrong(name);
    return value.map((item: unknown, index) => {
      const one = read(item);
      if (one === undefined) throw new FieldReader({ [index]: item }, this.#inside(name)).#wrong(index);
      return one;
    });
  }

  #inside(name: string): Place {
    return { ...this.#place, prefix: `${this.#place.prefix}${name}.` };
  }
}
