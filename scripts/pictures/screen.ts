/** What a terminal shows after all that was written to it, by the emulator that editors have in them. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { installTools } from '../tools.ts';
import type { Row, Run } from './svg.ts';

/** As much of the emulator as is used. */
interface Emulator {
  readonly buffer: { readonly active: { readonly length: number; getLine(y: number): Line | undefined } };
  write(data: string, done: () => void): void;
  dispose(): void;
}

interface Line {
  readonly length: number;
  getCell(x: number): Cell | undefined;
}

interface Cell {
  getChars(): string;
  getWidth(): number;
  getFgColor(): number;
  isFgDefault(): boolean;
  isBold(): number;
  isDim(): number;
}

interface Module {
  readonly Terminal: new (options: object) => Emulator;
}

/** Every row of the screen from the first to the last with something on it. */
export async function screenAfter(written: string, columns: number): Promise<Row[]> {
  const { Terminal } = createRequire(import.meta.url)(join(installTools('site'), '@xterm/headless')) as Module;
  const emulator = new Terminal({ cols: columns, rows: 60, scrollback: 1_000, allowProposedApi: true });
  await new Promise<void>((resolve) => emulator.write(written, resolve));
  const { active } = emulator.buffer;
  const rows = Array.from({ length: active.length }, (_, y) => rowOf(active.getLine(y)));
  emulator.dispose();
  return rows.slice(0, rows.findLastIndex((row) => row.length > 0) + 1);
}

/** Cells that look alike are one run; blanks between two looks belong to neither. */
function rowOf(line: Line | undefined): Row {
  const runs: Run[] = [];
  for (let column = 0; column < (line?.length ?? 0); column++) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const text = cell.getChars() === '' ? ' ' : cell.getChars();
    const last = runs.at(-1);
    const run = { ...lookOf(cell), text, column, width: cell.getWidth() };
    if (last !== undefined && (text === ' ' || looksLike(last, run))) {
      runs[runs.length - 1] = { ...last, text: last.text + text, width: last.width + run.width };
    } else if (text !== ' ') runs.push(run);
  }
  return runs.map((run) => trimmed(run));
}

function lookOf(cell: Cell): Pick<Run, 'bold' | 'dim' | 'colour'> {
  return { bold: cell.isBold() !== 0, dim: cell.isDim() !== 0, colour: cell.isFgDefault() ? undefined : cell.getFgColor() % 8 };
}

function looksLike(one: Run, other: Run): boolean {
  return one.bold === other.bold && one.dim === other.dim && one.colour === other.colour;
}

function trimmed(run: Run): Run {
  const text = run.text.trimEnd();
  return { ...run, text, width: run.width - (run.text.length - text.length) };
}
