/** The ladder as a picture, from the words that `help scopes` has for it. */
import { RUNG_WORDS } from '../../src/services/target/rungs.ts';
import { asContent } from '../../src/text.ts';

/** Units of the picture: a rung, what is between rungs, the column of what is looked for. */
const [WIDTH, HEIGHT, GAP, LABEL] = [168, 54, 26, 104];
const [MARGIN, STEP] = [16, HEIGHT + 22];

const STYLE = [
  "text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif;fill:#24292f}",
  "tspan{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace;font-size:12px}",
  '.l{font-weight:700}.r{fill:#f6f8fa;stroke:#d0d7de}.f{fill:#ddf4ff;stroke:#54aeff}.w{stroke:#8c959f;fill:none}.w path{stroke:none;fill:#8c959f}',
  '@media (prefers-color-scheme:dark){text{fill:#e6edf3}.r{fill:#161b22;stroke:#30363d}.f{fill:#0c2d6b;stroke:#388bfd}}',
].join('');

export function ladderPicture(): string {
  const most = Math.max(...RUNG_WORDS.map(({ rungs }) => rungs.length));
  const [width, height] = [2 * MARGIN + LABEL + most * (WIDTH + GAP) - GAP, 2 * MARGIN + RUNG_WORDS.length * STEP - 22];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}" viewBox="0 0 ${String(width)} ${String(height)}" role="img">`,
    '<title>The ladder: what is looked at for each, the strongest first</title>',
    `<style>${STYLE}</style>`,
    ...RUNG_WORDS.flatMap(({ what, rungs }, row) => {
      const top = MARGIN + row * STEP;
      const lines = wrapped(what.split(' '), 13);
      return [
        textAt(lines, MARGIN, top, 'l'),
        ...rungs.map((rung, index) => rungAt(rung, index, rungs.length === 1 ? most : 1, top)),
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

/** A rung, and the way on to the next for what it says nothing of. `over`: how many places it takes. */
function rungAt(rung: string, index: number, over: number, top: number): string {
  const left = MARGIN + LABEL + index * (WIDTH + GAP);
  const width = over * (WIDTH + GAP) - GAP;
  const middle = String(top + HEIGHT / 2);
  const way = index === 0 ? '' : `<path class="w" d="M${String(left - GAP + 3)} ${middle}h${String(GAP - 8)}m-5 -4l5 4l-5 4"/>`;
  const box = `<rect class="${index === 0 ? 'f' : 'r'}" x="${String(left)}" y="${String(top)}" width="${String(width)}" height="${String(HEIGHT)}" rx="6"/>`;
  return way + box + textAt(wrapped(words(rung), over > 1 ? 120 : 22), left + 10, top);
}

/** Words, what is typed as one where it is short. */
function words(rung: string): string[] {
  return rung.match(/`[^`]*`[^\s]*|\S+/g) ?? [];
}

function wrapped(all: readonly string[], longest: number): string[] {
  const lines: string[] = [];
  for (const word of all) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.replaceAll('`', '').length <= longest)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Lines in the middle of a rung's height; backticks enclose what is typed. */
function textAt(lines: readonly string[], x: number, top: number, look = ''): string {
  const first = top + HEIGHT / 2 + 4.5 - ((lines.length - 1) * 17) / 2;
  const shown = lines.map((line, index) => {
    const text = asContent(line).replaceAll(/`([^`]*)`/g, '<tspan>$1</tspan>');
    return `<text x="${String(x)}" y="${String(first + index * 17)}"${look === '' ? '' : ` class="${look}"`}>${text}</text>`;
  });
  return shown.join('');
}
