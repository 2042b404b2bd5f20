/** A screen of its own on the terminal, drawn again and again; however the program ends, the terminal is as it was before. */
import { writeSync } from 'node:fs';
import type { Env } from '../../environment.ts';
import { isCi } from '../output/style.ts';

/** Whether somebody watches standard output who can be shown a screen at a time. */
export function hasScreen(env: Env): boolean {
  return process.stdout.isTTY && env['TERM'] !== 'dumb' && !isCi(env);
}

/** The alternate screen without a cursor, and back. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

export interface Screen {
  draw(render: (columns: number) => string): void;
  close(): void;
}

/** Takes over standard output, which is a terminal. */
export function openScreen(): Screen {
  const { stdout } = process;
  let last: ((columns: number) => string) | undefined;
  const show = (): void => {
    if (last === undefined) return;
    const lines = last(stdout.columns || 80)
      .split('\n')
      .slice(0, Math.max(1, (stdout.rows || 24) - 1));
    stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`);
  };
  // At once, as the process may be about to end.
  const restore = (): void => void writeSync(1, LEAVE);
  const stopped = (): void => {
    restore();
    // Without our listener the signal does what it does to everybody.
    process.off('SIGTSTP', stopped);
    process.kill(process.pid, 'SIGTSTP');
  };
  const continued = (): void => {
    process.on('SIGTSTP', stopped);
    stdout.write(ENTER);
    show();
  };
  stdout.write(ENTER);
  process.on('exit', restore);
  process.on('SIGWINCH', show);
  process.on('SIGTSTP', stopped);
  process.on('SIGCONT', continued);
  return {
    draw: (render) => {
      last = render;
      show();
    },
    close: () => {
      process.off('exit', restore);
      process.off('SIGWINCH', show);
      process.off('SIGTSTP', stopped);
      process.off('SIGCONT', continued);
      restore();
    },
  };
}
