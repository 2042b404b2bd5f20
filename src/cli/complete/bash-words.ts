/** A command line as bash has it, and what to put where its cursor is. */

/** Where in the word the text ends; the last two behind a backslash. */
type State = 'bare' | 'single' | 'double' | 'escape' | 'double-escape';

/** The line up to the cursor. */
export interface BashLine {
  /** Words before the one at the cursor, the program and what is set for it left out, their quotes taken off. */
  readonly words: readonly string[];
  /** The word at the cursor, its quotes taken off. */
  readonly current: string;
  readonly state: State;
}

interface Word {
  text: string;
  state: State;
}

/** Reads the line up to the cursor. What a shell would expand stays as it is: nothing is looked up to complete a word. */
export function readBashLine(line: string): BashLine {
  const done: string[] = [];
  let word: Word | undefined;
  for (const mark of line) {
    if (/[ \t\n]/.test(mark) && (word === undefined || word.state === 'bare')) {
      if (word !== undefined) done.push(word.text);
      word = undefined;
    } else {
      word = take(word ?? { text: '', state: 'bare' }, mark);
    }
  }
  const program = done.findIndex((text) => !/^\w+=/.test(text));
  const { text: current, state } = word ?? { text: '', state: 'bare' };
  return { words: program === -1 ? [] : done.slice(program + 1), current, state };
}

const QUOTES: Readonly<Record<string, State>> = { "'": 'single', '"': 'double', '\\': 'escape' };

/** Before anything else a backslash in double quotes is one. */
const ESCAPED_IN_DOUBLE = /^[\\"$`]/;

function take({ text, state }: Word, mark: string): Word {
  switch (state) {
    case 'escape':
      return { text: mark === '\n' ? text : text + mark, state: 'bare' };
    case 'single':
      return mark === "'" ? { text, state: 'bare' } : { text: text + mark, state };
    case 'double':
      if (mark === '\\') return { text, state: 'double-escape' };
      return mark === '"' ? { text, state: 'bare' } : { text: text + mark, state };
    case 'double-escape':
      return { text: ESCAPED_IN_DOUBLE.test(mark) ? text + mark : `${text}\\${mark}`, state: 'double' };
    case 'bare':
      return QUOTES[mark] === undefined ? { text: text + mark, state } : { text, state: QUOTES[mark] };
  }
}

/**
 * What to put behind what was typed, so that bash reads the whole as this value. Undefined: the value does not go on from
 * there.
 */
export function restForBash(value: string, { current, state }: BashLine): string | undefined {
  if (!value.startsWith(current)) return undefined;
  const rest = value.slice(current.length);
  switch (state) {
    case 'single':
      return rest.replaceAll("'", `'\\''`);
    case 'double':
      return inDouble(rest);
    case 'double-escape':
      return ESCAPED_IN_DOUBLE.test(rest) ? rest.slice(0, 1) + inDouble(rest.slice(1)) : undefined;
    case 'escape': {
      const [first = ''] = rest;
      return first + bare(rest.slice(first.length));
    }
    case 'bare':
      return current === '' && rest.startsWith('~') ? `\\${bare(rest)}` : bare(rest);
  }
}

/** An exclamation mark calls the history even there. */
function inDouble(text: string): string {
  return text.replaceAll(/[\\"$`]/g, '\\$&').replaceAll('!', '"\\!"');
}

function bare(text: string): string {
  return text.replaceAll(/[^\w\p{L}\p{N}~.,:/@%+=-]/gu, '\\$&');
}
