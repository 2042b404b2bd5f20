// Control characters, and the marks that reorder or hide text (bidi controls, zero-width, line separators).
// eslint-disable-next-line no-control-regex -- matching control characters is what this is for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/**
 * Text from a server, a file or a user made fit for one line of a terminal: no control character, no bidi or hidden
 * mark, at most `max` characters.
 */
export function printable(text: string, max = 200): string {
  const clean = text.replace(UNPRINTABLE, '');
  return clean.length > max ? `${clean.slice(0, max - 1)}…` : clean;
}
