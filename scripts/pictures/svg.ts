/** A terminal's screen as a picture: text that can be read and searched, in light and dark, without a font of its own. */
import { asContent } from '../../src/text.ts';

/** What a screen shows in one go: one look, one colour. */
export interface Run {
  readonly text: string;
  /** Column where it begins, from 0. */
  readonly column: number;
  /** Columns that it takes. */
  readonly width: number;
  readonly bold: boolean;
  readonly dim: boolean;
  /** One of the eight colours of terminals, 0 to 7; undefined for the usual one. */
  readonly colour: number | undefined;
}

export type Row = readonly Run[];

export interface Picture {
  /** For those who do not see it: what it shows. */
  readonly title: string;
  readonly columns: number;
  readonly rows: readonly Row[];
}

/** Units of the picture: what a character takes, and what is left around all of them. */
const [WIDTH, HEIGHT, MARGIN] = [8.4, 19, 16];

/** By the number of the colour. Each has enough contrast on its ground. */
const LIGHT = ['#24292f', '#cf222e', '#116329', '#7d4e00', '#0550ae', '#8250df', '#1b7c83', '#57606a'];
const DARK = ['#8b949e', '#ff7b72', '#7ee787', '#e3b341', '#79c0ff', '#d2a8ff', '#76e3ea', '#c9d1d9'];

const colours = (list: readonly string[]): string => list.map((colour, index) => `.c${String(index)}{fill:${colour}}`).join('');

const STYLE = [
  "text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace;fill:#24292f;white-space:pre}",
  '.g{fill:#f6f8fa;stroke:#d0d7de}.b{font-weight:700}.d{fill:#59636e}',
  colours(LIGHT),
  '@media (prefers-color-scheme:dark){text{fill:#e6edf3}.g{fill:#161b22;stroke:#30363d}.d{fill:#8b949e}',
  `${colours(DARK)}}`,
].join('');

export function svgOf({ title, columns, rows }: Picture): string {
  const [width, height] = [Math.ceil(columns * WIDTH + 2 * MARGIN), rows.length * HEIGHT + 2 * MARGIN];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}" viewBox="0 0 ${String(width)} ${String(height)}" role="img">`,
    `<title>${asContent(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="g" x=".5" y=".5" width="${String(width - 1)}" height="${String(height - 1)}" rx="8"/>`,
    ...rows.flatMap((row, index) => row.map((run) => textOf(run, MARGIN + index * HEIGHT + 14))),
    '</svg>',
    '',
  ].join('\n');
}

/** As wide as its columns, whichever font it is shown in. */
function textOf({ text, column, width, bold, dim, colour }: Run, y: number): string {
  const looks = [bold ? 'b' : '', dim ? 'd' : '', colour === undefined ? '' : `c${String(colour)}`].filter((look) => look !== '');
  const look = looks.length === 0 ? '' : ` class="${looks.join(' ')}"`;
  const length = `textLength="${rounded(width * WIDTH)}" lengthAdjust="spacingAndGlyphs"`;
  return `<text x="${rounded(MARGIN + column * WIDTH)}" y="${String(y)}" ${length}${look}>${asContent(text)}</text>`;
}

const rounded = (number: number): string => String(Number(number.toFixed(1)));
