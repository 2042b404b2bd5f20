/** Tables in docs/guides that say what the program knows itself: exit codes, variables, the ladder. */
import { VARIABLES } from '../src/environment.ts';
import { EXIT_MEANINGS } from '../src/errors.ts';
import { RUNG_WORDS } from '../src/services/target/rungs.ts';

interface GuideTable {
  readonly guide: string;
  /** Its lines, the heading first. */
  readonly table: readonly string[];
}

export function guideTables(): readonly GuideTable[] {
  const most = Math.max(...RUNG_WORDS.map(({ rungs }) => rungs.length));
  const numbers = Array.from({ length: most }, (_, index) => index + 1);
  const rungs = RUNG_WORDS.map((words) => [words.what, ...numbers.map((number) => words.rungs[number - 1] ?? '')]);
  const variables = VARIABLES.map(({ names, about }) => [names.map((name) => `\`${name}\``).join(', '), about]);
  return [
    { guide: 'scripting.md', table: lines(['code', 'meaning'], Object.entries(EXIT_MEANINGS)) },
    { guide: 'environment.md', table: lines(['variable', 'what it does'], variables) },
    { guide: 'projects-and-ci.md', table: lines(['what', ...numbers.map(String)], rungs) },
  ];
}

function lines(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `|${cells.map((cell) => ` ${cell.replaceAll('|', '\\|')}${cell === '' ? '' : ' '}`).join('|')}|`;
  return [line(heading), `|${heading.map(() => '---|').join('')}`, ...rows.map(line)];
}

/** The document with this table in place of the one that has its heading. Throws if there is none. */
export function withTable(document: string, table: readonly string[]): string {
  const all = document.split('\n');
  const start = all.indexOf(table[0] ?? '');
  if (start === -1) throw new Error(`There is no table that begins with ${table[0] ?? ''}`);
  const end = all.findIndex((line, index) => index > start && !line.startsWith('|'));
  return [...all.slice(0, start), ...table, ...all.slice(end)].join('\n');
}
