/** What is said of keys that a `.beamd` does not have: a mistyped one would be passed over in silence. */
import { nearest } from '../../nearest.ts';
import { printable } from '../../text.ts';

/** The last one is for the tunnels of the Go `beamd`, which shares the file. */
const KNOWN: readonly string[] = ['server', 'account', 'scope', 'name', 'from', 'services'];

/** More are a file of something else: a line for each would bury what the command says. */
const MOST = 5;

const KEY_IN_LINE = /^["']?([\w.-]+)["']?\s*:/u;

/** A line for each key that is not known, with its place and what may have been meant. */
export function unknownKeys(document: Readonly<Record<string, unknown>>, text: string, path: string): string[] {
  const unknown = Object.keys(document).filter((key) => !KNOWN.includes(key));
  const lines = text.split('\n');
  return unknown.slice(0, MOST).map((key) => {
    const line = lines.findIndex((candidate) => KEY_IN_LINE.exec(candidate)?.[1] === key);
    const place = line < 0 ? path : `${path}:${String(line + 1)}`;
    const guess = nearest(key.toLowerCase(), KNOWN);
    const meant = guess === undefined ? `it knows ${KNOWN.slice(0, -1).join(', ')}` : `did you mean \`${guess}\`?`;
    return `${place}: .beamd has no key \`${printable(key, 40)}\`; ${meant}`;
  });
}
