/** What is said of keys that a file does not have: a mistyped one would be passed over in silence. */
import { nearest } from '../../nearest.ts';
import { printable } from '../../text.ts';

/** The last one is for the tunnels of the Go `beamd`, which shares the file. */
const KNOWN: readonly string[] = ['server', 'account', 'scope', 'name', 'from', 'services'];

/** More are a file of something else: a line for each would bury what the command says. */
const MOST = 5;

type Document = Readonly<Record<string, unknown>>;

const KEY_IN_LINE = /^["']?([\w.-]+)["']?\s*:/u;

/** A line for each key of a `.beamd` that is not known, with its place and what may have been meant. */
export function unknownKeys(document: Document, text: string, path: string): string[] {
  const unknown = Object.keys(document).filter((key) => !KNOWN.includes(key));
  return unknown.slice(0, MOST).map((key) => {
    const meant = meantBy(key, KNOWN) ?? `it knows ${KNOWN.slice(0, -1).join(', ')}`;
    return `${placeOfKey(text, path, key)}: .beamd has no key \`${printable(key, 40)}\`; ${meant}`;
  });
}

/**
 * A line for each key that is like one that `file` has, and is none. Of the others nothing is said: they are of another version
 * or program, and what stands there may be a secret in the wrong place.
 */
export function mistypedKeys(
  document: Document,
  {
    text,
    path,
    file,
    known,
  }: { readonly text: string; readonly path: string; readonly file: string; readonly known: readonly string[] },
): string[] {
  const unknown = Object.keys(document).filter((key) => !known.includes(key));
  const lines = unknown.map((key) => {
    const meant = meantBy(key, known);
    return meant === undefined ? [] : [`${placeOfKey(text, path, key)}: ${file} has no key \`${printable(key, 40)}\`; ${meant}`];
  });
  return lines.flat().slice(0, MOST);
}

function meantBy(key: string, known: readonly string[]): string | undefined {
  const guess = nearest(key.toLowerCase(), known);
  return guess === undefined ? undefined : `did you mean \`${guess}\`?`;
}

/** `path:line`, or the path alone where the key does not begin a line. */
function placeOfKey(text: string, path: string, key: string): string {
  const line = lineBegunBy(text, key);
  return line === undefined ? path : `${path}:${String(line)}`;
}

/** The number of the line that begins with a key, from 1. */
export function lineBegunBy(text: string, key: string): number | undefined {
  const index = text.split('\n').findIndex((line) => KEY_IN_LINE.exec(line)?.[1] === key);
  return index < 0 ? undefined : index + 1;
}
