// Control characters, line separators, private and half characters, and all that reorders or hides text: bidi controls,
// zero-width marks, fillers, variation selectors, tags.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

// Nearly every text there is: the other pattern takes a millisecond to compile.
const ASCII = /^[ -~]*$/;

/** Whether a text is of printable ASCII alone, each character a column wide. */
function isAscii(text: string): boolean {
  return ASCII.test(text);
}

/** Whether a text can be a bearer token: it is sent in a header, and printed by the commands that are asked for it. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

const ASCII_LINES = /^[\n -~]*$/;

/**
 * Text from a server, a file or a user made fit for one line of a terminal: no control character, no bidi or hidden
 * mark, at most `max` characters.
 */
export function printable(text: string, max = 200): string {
  const clean = isAscii(text) ? text : text.replace(UNPRINTABLE, '');
  // Not in the middle of a character.
  return clean.length > max ? `${clean.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…` : clean;
}

/**
 * JSON text made fit for a terminal: the same value, with everything unprintable in it written as an escape. Line breaks
 * are layout here, since JSON has them escaped inside strings.
 */
export function printableJson(json: string): string {
  return ASCII_LINES.test(json) ? json : json.replace(UNPRINTABLE, (mark) => (mark === '\n' ? mark : escaped(mark)));
}

function escaped(mark: string): string {
  const units = Array.from({ length: mark.length }, (_, at) => mark.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** A text as one word of a shell, for a command that users copy. What has characters that no terminal shows loses them. */
export function shellWord(text: string): string {
  const clean = printable(text, Infinity);
  return /^[\w.,:/@%+=-]+$/.test(clean) ? clean : `'${clean.replaceAll("'", `'\\''`)}'`;
}

/** A text as the content of an element of HTML or SVG; not fit for an attribute. */
export function asContent(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** How many names a message lists. */
export const LISTED = 10;

/** The first names of a list. What is left out is `…`, or with `counted` how many they are. */
export function shortList(names: readonly string[], rest: 'dots' | 'counted' = 'dots'): string {
  const shown = names.slice(0, LISTED).join(', ');
  if (names.length <= LISTED) return shown;
  return `${shown}, ${rest === 'dots' ? '…' : `and ${names.length - LISTED} more`}`;
}
