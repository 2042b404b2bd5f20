/** A line at the bottom of the terminal that is made anew every second, and hears Enter. */
import type { Output } from '../output/output.ts';
import { onEnter } from './enter.ts';

/** Between two makings of the line, milliseconds. */
const TICK = 1_000;

const UP = '\u001b[1A';

export interface TickingLine {
  /** Makes it anew at once. */
  now(): void;
  end(): void;
}

/** @param text - makes the line. @param entered - called at each Enter */
export async function startTickingLine(
  output: Pick<Output, 'under'>,
  text: () => string,
  entered: () => void,
): Promise<TickingLine> {
  const { startSpinner } = await import('./indicator.ts');
  const line = startSpinner(output, text());
  const now = (): void => line.text(text());
  const timer = setInterval(now, TICK);
  const deaf = onEnter(() => {
    // The terminal has shown the Enter: back onto the line, which is drawn over.
    process.stderr.write(UP);
    entered();
    now();
  });
  return {
    now,
    end: () => {
      clearInterval(timer);
      deaf();
      line.stop();
    },
  };
}
