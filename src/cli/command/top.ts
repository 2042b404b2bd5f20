/** How `beamd agent top` shows what it sees: once, as lines of JSON, or as a screen. */
import { EXIT_CODES } from '../../errors.ts';
import type { Seen } from '../../services/agents/activity.ts';
import type { Output } from '../output/output.ts';
import { presentAgentTop } from '../present/agent/top.ts';
import { openScreen } from '../terminal/screen.ts';

export function screenWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns || 80 : 80;
}

/** Draws until Ctrl-C; resolves to the exit code. */
export async function showScreen(seen: AsyncIterable<Seen>, output: Output): Promise<number> {
  const screen = openScreen();
  try {
    for await (const each of seen) {
      screen.draw((columns) => `${presentAgentTop(each, output.style, columns)}\n\n${output.style.dim('Ctrl-C ends this')}`);
    }
  } finally {
    screen.close();
  }
  return EXIT_CODES.interrupted;
}
