/** A screen of its own on the terminal, drawn again and again; however the program ends, the terminal is as it was before. */
import { writeSync } from 'node:fs';
import type { Env } from '../../environment.ts';
import { system } from '../../platform/system.ts';
import { isCi } from '../output/style.ts';

/** Whether somebody watches standard output who can be shown a screen at a time. */
export function hasScreen(env: Env): boolean {
  return process.stdout.isTTY && env['TERM'] !== 'dumb' && !isCi(env);
}

/** The alternate screen without a cursor, and back. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

export interface Screen {
  /** Whether keys are heard: standard input is a terminal, too. */
  readonly hearsKeys: boolean;
  draw(render: (columns: number) => string): void;
  close(): void;
}

/**
 * Takes over standard output, which is a terminal.
 *
 * @param quit - called at `q`
 */
export function openScreen(quit: () => void): Screen {
  const { stdout } = process;
  const keys = hearKeys(quit);
  let last: ((columns: number) => string) | undefined;
  const show = (): void => {
    if (last === undefined) return;
    const lines = last(stdout.columns || 80)
      .split('\n')
      .slice(0, Math.max(1, (stdout.rows || 24) - 1));
    stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`);
  };
  // At once, as the process may be about to end.
  const restore = (): void => {
    keys?.rest();
    writeSync(1, LEAVE);
  };
  const stopped = (): void => {
    restore();
    // Without our listener the signal does what it does to everybody.
    process.off('SIGTSTP', stopped);
    process.kill(process.pid, 'SIGTSTP');
  };
  const continued = (): void => {
    // It is also sent to who was never stopped, or was by a signal that nobody hears.
    process.off('SIGTSTP', stopped);
    process.on('SIGTSTP', stopped);
    keys?.hear();
    stdout.write(ENTER);
    show();
  };
  stdout.write(ENTER);
  keys?.hear();
  process.on('exit', restore);
  process.on('SIGWINCH', show);
  process.on('SIGTSTP', stopped);
  process.on('SIGCONT', continued);
  return {
    hearsKeys: keys !== undefined,
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
      keys?.close();
    },
  };
}

interface Keys {
  hear(): void;
  /** Gives the terminal back its own way with keys, until they are heard again. */
  rest(): void;
  close(): void;
}

/** Single keys. The terminal then passes on all of them, those too that it makes signals of, and shows none. */
function hearKeys(quit: () => void): Keys | undefined {
  const { stdin } = process;
  if (!stdin.isTTY) return undefined;
  const pressed = (typed: Buffer): void => {
    for (const key of typed.toString('latin1')) {
      if (key === 'q' || key === 'Q') quit();
      else if (key === '\u0003') system.signals.interruptSelf();
      else if (key === '\u001a') system.signals.stopJob();
    }
  };
  stdin.on('data', pressed);
  return {
    hear: () => {
      // Whoever is stopped by another signal comes back to a terminal that its shell has set: so each time both.
      stdin.setRawMode(false);
      stdin.setRawMode(true);
      stdin.resume();
    },
    rest: () => void stdin.setRawMode(false),
    close: () => {
      stdin.off('data', pressed);
      stdin.pause();
    },
  };
}
