/** How help is laid out: sections, paragraphs and lists of which every line fits the terminal. */
import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';
import type { Env } from '../../environment.ts';
import type { Style } from '../output/style.ts';

/** Columns that help takes at least, and at most; and where nothing says how many there are. */
const NARROWEST = 40;
const WIDEST = 200;
const USUAL = 80;

/** The columns that help is laid out for: `COLUMNS`, else the terminal's, 40 to 200. */
export function helpWidth(env: Env, columns: number | undefined): number {
  const told = Number(/^[1-9]\d{0,5}$/.exec(env['COLUMNS'] ?? '')?.[0] ?? columns ?? USUAL);
  return Math.min(WIDEST, Math.max(NARROWEST, told));
}

/** A word, or several in lines of their own, and what is said of it. Backticks in the latter enclose what is typed. */
export type Row = readonly [word: string, about: string];

export interface Layout {
  /** The columns of a list whose words are as wide as these. */
  readonly wordWidth: (rows: readonly Row[]) => number;
  /** Text, its lines as long as there is room for. Backticks enclose what is typed. */
  readonly paragraph: (text: string, indent?: number) => string;
  /** Words in one column and what they mean in another; below each other where that one would be too narrow. */
  readonly list: (rows: readonly Row[], wordWidth?: number) => string;
  /** A command line, whole however long it is: it is there to be copied. */
  readonly command: (line: string) => string;
  readonly section: (heading: string, ...bodies: readonly string[]) => string;
}

/** Columns before what stands in a section, and between two columns of a list. */
const INDENT = 2;
/** A column of text has at least so many columns. */
const READABLE = 24;

const blanks = (columns: number): string => ' '.repeat(columns);

export function createLayout(width: number, { bold, colour }: Pick<Style, 'bold' | 'colour'>): Layout {
  const typed = (text: string): string => (colour ? text.replaceAll(/`([^`]*)`/g, (_, words: string) => bold(words)) : text);
  const lines = (text: string, columns: number): string[] =>
    wrapAnsi(typed(text), columns, { hard: true, trim: true }).split('\n');
  const paragraph = (text: string, indent = 0): string =>
    lines(text, width - indent)
      .map((line) => blanks(indent) + line)
      .join('\n');
  const row = ([word, about]: Row, column: number): string => {
    const words = word.split('\n').map((one) => blanks(INDENT) + one);
    const indented = /^ */.exec(words[0] ?? '')?.[0].length ?? 0;
    const widest = Math.max(...words.map((one) => stringWidth(one)));
    if (about === '') return words.join('\n');
    const beside = width - column >= READABLE;
    if (!beside || widest + INDENT > column) return [...words, paragraph(about, beside ? column : indented + INDENT)].join('\n');
    const told = lines(about, width - column);
    const both = Array.from({ length: Math.max(words.length, told.length) }, (_, index) => {
      const left = words[index] ?? '';
      return (left + blanks(column - stringWidth(left)) + (told[index] ?? '')).trimEnd();
    });
    return both.join('\n');
  };
  const wordWidth = (rows: readonly Row[]): number =>
    Math.max(0, ...rows.flatMap(([word]) => word.split('\n')).map((word) => stringWidth(word)));
  return {
    wordWidth,
    paragraph,
    list: (rows, widest = wordWidth(rows)) => rows.map((one) => row(one, INDENT + widest + INDENT)).join('\n'),
    command: (line) => `${blanks(INDENT)}$ ${line}`,
    section: (heading, ...bodies) => [bold(heading), ...bodies.filter((body) => body !== '')].join('\n'),
  };
}
