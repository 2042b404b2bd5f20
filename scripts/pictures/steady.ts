/** What differs from one recording to the next, each made what it always is: so a picture changes only when the program does. */

/** A text that stands for another. Where blanks follow, as in a column, as many are there as make up for its length. */
export interface Stand {
  readonly from: string;
  readonly to: string;
}

/** Patterns of what is new each time, by what is as wide. */
const ALIKE: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/(\b|\[\d+m)[A-Z]{4}-[A-Z]{4}\b/g, '$1FTNL-GTNW'],
  [/\bup \d+ s\b/g, 'up 9 s'],
  [/\b\d+ s ago\b/g, '2 s ago'],
  [/\bhello \d+\b/g, 'hello 5'],
  [/\b\d+ calls,/g, '5 calls,'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d\b/g, '2026-12-21 22:59'],
  [/\bgw_\d+\b/g, 'gw_1'],
  [/\bGateway [0-9a-f]{8}\b/g, 'Gateway 7774b0cf'],
  [/\bpid \d+/g, 'pid 4242'],
];

/** `shown` with all of that in its usual form. `stands`: hosts and folders of this recording. */
export function steady(shown: string, stands: readonly Stand[]): string {
  const longest = stands.toSorted((one, other) => other.from.length - one.from.length);
  const named = longest.reduce((text, stand) => replaced(text, stand), shown);
  return ALIKE.reduce((text, [pattern, to]) => text.replaceAll(pattern, to), named);
}

function replaced(text: string, { from, to }: Stand): string {
  const pieces = text.split(from);
  return pieces.reduce((before, after) => {
    const inColumn = after.startsWith('  ') || after.startsWith('\u001b[22m  ');
    const missing = inColumn ? ' '.repeat(Math.max(0, from.length - to.length)) : '';
    return before + to + (after.startsWith('\u001b[22m') ? `\u001b[22m${missing}${after.slice(5)}` : missing + after);
  });
}
