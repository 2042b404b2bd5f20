/** An address as a QR code of a terminal's characters, for a phone to read. */
import type { Style } from '../../output/style.ts';

/** What a terminal has for it. Without columns, which a pipe has none of, whatever is drawn fits. */
export interface Room {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** A longer address makes a code that no phone reads off a terminal; nor does anybody who means well need one. */
const LONGEST = 270;

/** The version that holds the longest: 57 modules a side. */
const LARGEST_VERSION = 10;

/** Light modules around the code: readers need some. */
const QUIET = 2;

/** Black on bright white, whatever the colours of the terminal are. */
const PAPER = ['\u001b[30;107m', '\u001b[0m'] as const;

/** The lines of the code; undefined where the address is too long, or the terminal too narrow or without the means to draw it. */
export async function qrLines(
  url: string,
  { colour, unicode }: Pick<Style, 'colour' | 'unicode'>,
  { columns: most = Infinity }: Room,
): Promise<string[] | undefined> {
  if (url.length > LONGEST || !(unicode || colour)) return undefined;
  const { generate } = await import('lean-qr');
  const code = generate(url, { maxVersion: LARGEST_VERSION });
  const side = code.size + 2 * QUIET;
  if (side * (unicode ? 1 : 2) > most) return undefined;
  const isDark = (x: number, y: number): boolean => code.get(x - QUIET, y - QUIET);
  const [from, to] = colour ? PAPER : ['', ''];
  // Two rows of modules are one of characters where a character can be a half.
  const rows = Array.from({ length: unicode ? Math.ceil(side / 2) : side }, (_, row) => row);
  const columns = Array.from({ length: side }, (_, column) => column);
  const cell = (x: number, row: number): string =>
    unicode ? half(isDark(x, 2 * row), isDark(x, 2 * row + 1), colour) : blank(isDark(x, row));
  return rows.map((row) => `${from}${columns.map((x) => cell(x, row)).join('')}${to}`);
}

/** Without colours what is light is drawn, since most terminals are dark. */
function half(above: boolean, below: boolean, ink: boolean): string {
  const [top, bottom] = [above === ink, below === ink];
  if (top && bottom) return '█';
  if (top) return '▀';
  return bottom ? '▄' : ' ';
}

function blank(dark: boolean): string {
  return dark ? '\u001b[40m  \u001b[107m' : '  ';
}
