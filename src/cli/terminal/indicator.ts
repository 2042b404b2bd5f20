/** The sign that the program waits. Loaded only once there is something to wait for, and somebody who watches. */
import ora from 'ora';
import type { Clock } from '../../clock.ts';
import type { Output } from '../output/output.ts';

/** Something that shows that the program waits. */
export interface Indicator {
  text(line: string): void;
  stop(): void;
}

/** Without colours nothing moves: a line is printed for what is new, and looked for as often, milliseconds. */
const PLAIN_PAUSE = 2_000;

type Screen = Pick<Output, 'errorStyle' | 'note' | 'under'>;

/** Shows a spinner on stderr that lasts until it is stopped, and what it waits for; without colours, plain lines. */
export function startIndicator(output: Screen, clock: Pick<Clock, 'sleep'>, line: string): Indicator {
  return output.errorStyle.colour ? startSpinner(output, line) : startLines(output, clock, line);
}

/** A spinner on the last line of the terminal. */
export function startSpinner(output: Pick<Output, 'under'>, line: string): Indicator {
  // stdin stays as it is: Ctrl-C must reach this process as a signal.
  const spinner = ora({ text: line, stream: process.stderr, discardStdin: false }).start();
  // What is printed meanwhile stands above it.
  output.under(() => spinner.clear());
  return {
    text: (next) => {
      spinner.text = next;
    },
    stop: () => {
      output.under(undefined);
      spinner.stop();
    },
  };
}

function startLines(output: Screen, clock: Pick<Clock, 'sleep'>, line: string): Indicator {
  const over = new AbortController();
  let next = line;
  const show = async (): Promise<void> => {
    let shown: string | undefined;
    for (;;) {
      if (next !== shown) output.note(next);
      shown = next;
      await clock.sleep(PLAIN_PAUSE, over.signal);
    }
  };
  // It only ever ends because it is over.
  void show().catch(() => undefined);
  return {
    text: (later) => {
      next = later;
    },
    stop: () => {
      over.abort();
    },
  };
}
