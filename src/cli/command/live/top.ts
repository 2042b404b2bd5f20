/** How `beamd agent top` shows what it sees: once, as lines of JSON, or as a screen. */
import { EXIT_CODES } from '../../../errors.ts';
import type { Seen } from '../../../services/agents/activity.ts';
import type { Output } from '../../output/output.ts';
import { presentAgentTop } from '../../present/agent/top.ts';
import { openScreen } from '../../terminal/screen.ts';

export function screenWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns || 80 : 80;
}

/**
 * Draws until `q` or Ctrl-C; resolves to the exit code.
 *
 * @param watch - what is seen, until its signal
 */
export async function showScreen(
  watch: (signal: AbortSignal) => AsyncIterable<Seen>,
  output: Output,
  interrupted: AbortSignal,
): Promise<number> {
  const left = new AbortController();
  const screen = openScreen(() => {
    left.abort();
  });
  const ends = screen.hearsKeys ? 'q ends this' : 'Ctrl-C ends this';
  try {
    for await (const each of watch(AbortSignal.any([interrupted, left.signal]))) {
      screen.draw((columns) => `${presentAgentTop(each, output.style, columns)}\n\n${output.style.dim(ends)}`);
    }
  } finally {
    screen.close();
  }
  return left.signal.aborted ? 0 : EXIT_CODES.interrupted;
}
