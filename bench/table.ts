/** The table: what was wanted, what was measured, and whether it is enough. */

export interface Row {
  readonly what: string;
  /** As written in the goals; empty for a neighbour, which is there to compare with. */
  readonly reach: string;
  readonly measured: string;
  /** To the row's measure, most often `node -e 0`. */
  readonly ratio?: number;
  /** The same of processor time, which a busy machine disturbs less. */
  readonly cpuRatio?: number;
  readonly ok?: boolean;
  /** Whether the row breaks its budget. Absent: it has none. */
  readonly broken?: boolean;
}

const HEAD = ['', 'reach', 'measured', 'ratio', 'cpu', ''];

const times = (ratio: number | undefined): string => (ratio === undefined ? '' : `${ratio.toFixed(2)} x`);

function cells(row: Row): string[] {
  const verdict = row.ok === undefined ? '' : row.ok ? 'ok' : 'over';
  return [row.what, row.reach, row.measured, times(row.ratio), times(row.cpuRatio), verdict];
}

/** Rows as lines of a Markdown table. */
export function renderTable(rows: readonly Row[]): string {
  const all = [HEAD, ...rows.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0), 3));
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = '', ...body] = all.map(line);
  return [head, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body].join('\n');
}

export const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
