/** The rows: what was wanted, what was measured, and whether it is enough; as a table for a terminal or for a document. */
import { createStyle } from '../src/cli/output/style.ts';
import type { Timing } from './time.ts';

export interface Row {
  readonly what: string;
  /** As written in the goals; empty for what is there to compare with. */
  readonly goal: string;
  readonly measured: string;
  /** To the row's measure, most often `node -e 0`. */
  readonly ratio?: number;
  /** The same of processor time, which a busy machine disturbs less. */
  readonly cpuRatio?: number;
  readonly ok?: boolean;
  /** Whether the row is so far over its goal that CI fails. */
  readonly broken?: boolean;
}

/** How often over its goal a time may be before CI fails: machines are busy. */
const ROOM = 1.5;
/** The same where there is no processor time to confirm it by. */
const WIDE_ROOM = 2;

interface Comparison {
  readonly what: string;
  readonly timing: Timing;
  readonly base: Timing;
  /** The highest ratio wanted. Absent: the row is there to compare with. */
  readonly goal?: number;
  /** Whether `timing.cpu` is all that was spent; a first call also starts processes that outlive it. Default: yes. */
  readonly wholeCpu?: boolean;
  /** Whether `base` is told of too; of a bare Node it is not, it has a row of its own. Default: yes. */
  readonly showBase?: boolean;
}

/** A row for a time as a ratio to another one. What breaks a goal breaks it by the clock and by processor time. */
export function compare({ what, timing, base, goal, wholeCpu = true, showBase = true }: Comparison): Row {
  const [ratio, cpuRatio] = [timing.wall / base.wall, timing.cpu / base.cpu];
  const measured = milliseconds(timing.wall) + (showBase ? ` to ${milliseconds(base.wall)}` : '');
  const row = { what, measured, ratio, ...(wholeCpu ? { cpuRatio } : {}) };
  if (goal === undefined) return { ...row, goal: '' };
  const broken = wholeCpu ? Math.min(ratio, cpuRatio) > goal * ROOM : ratio > goal * WIDE_ROOM;
  return { ...row, goal: `<= ${goal} x`, ok: ratio <= goal, broken };
}

const HEAD = ['what', 'goal', 'measured', 'ratio', 'cpu', 'verdict'];

const times = (ratio: number | undefined): string => (ratio === undefined ? '' : `${ratio.toFixed(2)} x`);

function cells(row: Row): string[] {
  const verdict = row.ok === undefined ? '' : row.ok ? 'ok' : '**over**';
  return [row.what, row.goal, row.measured, times(row.ratio), times(row.cpuRatio), verdict];
}

/** In columns, for a terminal. */
export function renderColumns(rows: readonly Row[]): string {
  return createStyle(false).table(rows.map(cells), HEAD);
}

/** In Markdown, as docs/performance.md has it. */
export function renderMarkdown(rows: readonly Row[]): string {
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
  return [line(HEAD), `|${'---|'.repeat(HEAD.length)}`, ...rows.map((row) => line(cells(row)))].join('\n');
}

export const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
