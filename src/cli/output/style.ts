/** How text looks on a terminal: colours where they are wanted, and tables that line up. */
import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';
import type { Env } from '../../environment.ts';
import { hintText, type Hint } from '../../errors.ts';
import { printable } from '../../text.ts';

type Paint = (text: string) => string;

/** Characters of a line at most: paths may be long. */
export const LONGEST = 8_192;

export interface Style {
  readonly colour: boolean;
  /** Columns of the terminal; Infinity where there is none. */
  readonly columns: number;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  /** Whether there may be more than ASCII. */
  readonly unicode: boolean;
  /** `✓ text`, in green: something was done. `+ text` where there is only ASCII. */
  readonly done: Paint;
  /** `! text`, in yellow: something is to be looked at. */
  readonly warning: Paint;
  /** `✗ text`, in red: something failed. `x text` where there is only ASCII. */
  readonly failed: Paint;
  /**
   * Lines that are too wide go on below, beside a mark or `Hint:`. What is there to be copied stays whole: a command, a URL, a path.
   * `…` becomes `...` where there is only ASCII, as it does in tables and pairs.
   */
  fold(text: string): string;
  /**
   * Rows in aligned columns, two spaces apart, no trailing blanks; `head` is dimmed. No newline at the end. What is too wide
   * for the terminal stands below the first cell, in every row alike: each cell with its head, and `-` left out.
   */
  table(rows: readonly (readonly string[])[], head?: readonly string[]): string;
  /** `label  value` lines, aligned. Pairs whose value is undefined are left out. */
  pairs(rows: readonly (readonly [label: string, value: string | undefined])[]): string;
}

/**
 * Whether to use colours: `FORCE_COLOR` decides first (`0` and `false` mean no), then `NO_COLOR`, `TERM=dumb` and `CI`
 * say no, and otherwise a terminal says yes.
 */
export function wantsColour(env: Env, isTTY: boolean): boolean {
  const force = env['FORCE_COLOR'];
  if (force) return force !== '0' && force !== 'false';
  if (env['NO_COLOR'] || env['TERM'] === 'dumb' || isCi(env)) return false;
  return isTTY;
}

/** Whether the environment says that nobody is watching. */
export function isCi(env: Env): boolean {
  const ci = env['CI'];
  return Boolean(ci) && ci !== 'false' && ci !== '0';
}

/** `Run: beamd login` for a command, `Hint: ...` for words: the next step, on a line of its own. */
export function hintLine(hint: Hint): string {
  return `${'command' in hint ? 'Run' : 'Hint'}: ${printable(hintText(hint), LONGEST)}`;
}

/** @param columns - of the terminal; Infinity where there is none */
export function createStyle(colour: boolean, unicode = true, columns = Infinity): Style {
  const paint = (open: number, close: number): Paint =>
    colour ? (text) => (text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`) : (text) => text;
  const mark = (code: number, sign: string): Paint => {
    const led = `${paint(code, 39)(sign)} `;
    return (text) => led + text;
  };
  const [dim, red, green] = [paint(2, 22), paint(31, 39), paint(32, 39)];
  const marks = { done: mark(32, unicode ? '✓' : '+'), warning: mark(33, '!'), failed: mark(31, unicode ? '✗' : 'x') };
  const leads = [
    marks.done(''),
    marks.warning(''),
    marks.failed(''),
    `${green('*')} `,
    `${dim('-')} `,
    `${red('Error:')} `,
    'Hint: ',
  ];
  // What was left out is said in the middle of texts that know no terminal.
  const known: Paint = unicode ? (text) => text : (text) => text.replaceAll('…', '...');
  return {
    colour,
    columns,
    unicode,
    ...marks,
    bold: paint(1, 22),
    dim,
    red,
    green,
    yellow: paint(33, 39),
    fold: (text) => {
      const lines = known(text);
      return fits(lines, columns)
        ? lines
        : lines
            .split('\n')
            .map((line) => foldLine(line, columns, leads))
            .join('\n');
    },
    table: (rows, head = []) =>
      inColumns(
        rows.map((row) => row.map(known)),
        head,
        columns,
        dim,
      ),
    pairs: (rows) =>
      inPairs(
        rows.flatMap(([label, value]) => (value === undefined ? [] : [[dim(label), known(value)]])),
        columns,
      ),
  };
}

/** Where a terminal is too narrow for a row, the cells of all after the first stand below it, each with its own head. */
function inColumns(rows: readonly (readonly string[])[], head: readonly string[], columns: number, dim: Paint): string {
  const text = alignColumns(head.length === 0 ? rows : [head.map(dim), ...rows]);
  if (fits(text, columns)) return text;
  const labels = head.map((word) => (word === '' ? '' : dim(`${word.toLowerCase()} `)));
  const stacks = rows.map(([first = '', ...rest]) => {
    const cells = rest.map((cell, at) => (isEmpty(cell) ? '' : (labels[at + 1] ?? '') + cell));
    return { first, cells: cells.filter((cell) => cell !== '') };
  });
  // What the rows are compared by is to be looked for in one place: beside each other in all of them, or in none.
  const isOneLine = stacks.every(({ cells }) => fits(cells.join('  '), columns - INDENT));
  return stacks.map(({ first, cells }) => stacked(first, isOneLine ? [cells.join('  ')] : cells, columns)).join('\n');
}

/** A cell that says only that there is nothing. In a column it keeps the place; by itself it would puzzle. */
function isEmpty(cell: string): boolean {
  return cell === '' || cell === '-';
}

function stacked(first: string, rest: readonly string[], columns: number): string {
  const lead = blanksOf(first);
  const head = first === '' ? [] : [indented(folded(first.trimStart(), columns - INDENT), INDENT, lead)];
  const below = rest.filter((cell) => cell !== '').map((cell) => folded(cell, columns - INDENT));
  return [...head, ...below.map((cell) => indented(cell, INDENT, ' '.repeat(INDENT)))].join('\n');
}

function blanksOf(line: string): string {
  return /^ */.exec(line)?.[0] ?? '';
}

/** Columns by which what belongs to the line above is moved in. */
const INDENT = 4;

/** Values that are too long go on below their beginning. */
function inPairs(rows: readonly (readonly string[])[], columns: number): string {
  const text = alignColumns(rows);
  if (fits(text, columns)) return text;
  const widest = Math.max(...rows.map(([label = '']) => stringWidth(label))) + 2;
  return rows
    .map(([label = '', value = '']) => {
      const first = label + ' '.repeat(widest - stringWidth(label));
      return indented(folded(value, columns - widest), widest, first);
    })
    .join('\n');
}

function fits(text: string, columns: number): boolean {
  return columns === Infinity || text.split('\n').every((line) => stringWidth(line) <= columns);
}

/** Folded between words, and within those that are too long: names, not URLs, which are copied. */
function folded(text: string, columns: number): string {
  return fits(text, columns) ? text : wrapAnsi(text, Math.max(1, columns), { hard: !text.includes('://'), trim: true });
}

/** A command is copied off a terminal as a whole: in the middle of it a line break would be copied, too. */
const COPIED = /^ *(?:Run|Help): /;

/** Between words alone: whoever copies a URL or a path wants no line break in it. What goes on below stands beside the lead. */
function foldLine(line: string, columns: number, leads: readonly string[]): string {
  if (fits(line, columns) || COPIED.test(line)) return line;
  const blanks = blanksOf(line);
  const lead = blanks + (leads.find((lead) => line.startsWith(lead, blanks.length)) ?? '');
  const width = stringWidth(lead);
  return indented(wrapAnsi(line.slice(lead.length), Math.max(1, columns - width), { trim: true }), width, lead);
}

function indented(text: string, by: number, first: string): string {
  return first + text.split('\n').join(`\n${' '.repeat(by)}`);
}

/** Each cell is measured once: that is much of what a list of very many takes. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const measured = rows.map((row) => row.map((cell) => stringWidth(cell)));
  const widths: number[] = [];
  for (const row of measured) {
    for (const [column, width] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, width);
  }
  return rows
    .map((row, at) => {
      const padded = row.map((cell, column) => {
        const isLast = column === row.length - 1;
        return isLast ? cell : cell + ' '.repeat((widths[column] ?? 0) - (measured[at]?.[column] ?? 0) + 2);
      });
      return padded.join('').trimEnd();
    })
    .join('\n');
}
