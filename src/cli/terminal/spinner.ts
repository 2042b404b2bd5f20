import type { Output } from '../output/output.ts';

/** Something that shows that the program waits. */
export interface Spinner {
  text(line: string): void;
  stop(): void;
}

const SILENT: Spinner = { text: () => undefined, stop: () => undefined };

/** Starts a spinner on stderr if somebody watches it; otherwise it shows nothing at all. */
export async function startSpinner(output: Output, text: string): Promise<Spinner> {
  if (!output.interactive || !output.errorStyle.colour) return SILENT;
  const { default: ora } = await import('ora');
  // stdin stays as it is: Ctrl-C must reach this process as a signal.
  const spinner = ora({ text, stream: process.stderr, discardStdin: false }).start();
  return {
    text: (line) => {
      spinner.text = line;
    },
    stop: () => {
      spinner.stop();
    },
  };
}
