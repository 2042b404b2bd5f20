/**
 * Texts that know what in them is somebody's: a host, a name, a path. On a terminal they are read whole; in a report that
 * leaves the machine everything of that kind is replaced. What is put into a text is marked where it is put in, so nothing
 * has to be found again later.
 */
import type { BeamError } from '../../../errors.ts';
import { counted as countedText } from '../../../text.ts';

/** What a value would tell about its owner. */
export type PrivateKind = 'host' | 'user' | 'org' | 'account' | 'gateway' | 'path' | 'name' | 'error';

/** A value that is not ours to pass on. */
export interface Private {
  readonly kind: PrivateKind;
  readonly value: string;
  /** What may be said instead of it, where that is known without looking at others. */
  readonly instead?: string;
  /** Unix seconds: the moment that an error tells. */
  readonly at?: number | undefined;
}

/** A word of our own: a variable's name, a mode, a version. */
export interface Own {
  readonly own: string;
}

/** A moment: whoever shows it knows how far away it is. */
export interface Moment {
  readonly unixSeconds: number;
}

export type Text = readonly (string | Private | Moment)[];

/** Makes a text. Every value says whose it is. */
export function say(strings: TemplateStringsArray, ...values: readonly Value[]): Text {
  return strings.flatMap((piece, index) => {
    const value = values[index];
    return value === undefined ? [piece] : [piece, ...partsOf(value)];
  });
}

type Value = Private | Moment | Own | Text | number;

function partsOf(value: Value): Text {
  if (typeof value === 'number') return [String(value)];
  if ('own' in value) return [value.own];
  return 'kind' in value || 'unixSeconds' in value ? [value] : value;
}

/** A word of our own in a text. Never one that was read from a file, a server or a variable. */
export const own = (word: string): Own => ({ own: word });

export const host = (value: string): Private => ({ kind: 'host', value });
export const user = (value: string): Private => ({ kind: 'user', value });
export const org = (value: string): Private => ({ kind: 'org', value });
const accountNamed = (value: string): Private => ({ kind: 'account', value });
export const gateway = (value: string): Private => ({ kind: 'gateway', value });
export const path = (value: string): Private => ({ kind: 'path', value });
export const name = (value: string): Private => ({ kind: 'name', value });
export const moment = (unixSeconds: number): Moment => ({ unixSeconds });

/** An account as sentences name it. */
export function titled({ server, name: called }: { readonly server: string; readonly name?: string | undefined }): Text {
  return called === undefined ? [host(server)] : say`${host(server)} (account ${accountNamed(called)})`;
}

/** What an error says; elsewhere only of which kind it was. */
export const trouble = ({ message, code, at }: BeamError): Private => ({ kind: 'error', value: message, instead: code, at });

/** `1 file`, `2 files`. */
export const counted = (count: number, one: string): Own => own(countedText(count, one));

/** `a, b and c`: all of them, or the first few and how many more. */
export function listed(parts: readonly Private[], most = 5): Text {
  const shown = parts.slice(0, most);
  const more = parts.length - shown.length;
  return shown.flatMap((part, index): Text => {
    const last = index === shown.length - 1;
    const lead = index === 0 ? '' : last && more === 0 ? ' and ' : ', ';
    return [lead, part, last && more > 0 ? ` and ${String(more)} more` : ''];
  });
}

/** The text, with what `show` makes of what is somebody's and of moments. */
export function toText(text: Text, show: (part: Private | Moment) => string): string {
  return text.map((part) => (typeof part === 'string' ? part : show(part))).join('');
}
