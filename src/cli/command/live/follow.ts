/** Commands that go on until they are interrupted: what they print, and how they end. */
import { BeamError, EXIT_CODES } from '../../../errors.ts';
import { printableJson } from '../../../text.ts';
import type { Output } from '../../output/output.ts';

/** Refuses `--json`, of one value, where there is no end. Throws `usage`. */
export function refuseJson(wantsJson: boolean, command: string): void {
  if (!wantsJson) return;
  throw new BeamError('usage', `${command} does not end, so it cannot print one JSON value`, {
    hint: { command: `${command} --jsonl` },
  });
}

/** One JSON value on one line. */
export function jsonLine(value: unknown): string {
  return printableJson(JSON.stringify(value));
}

/**
 * Prints what comes, each before the next is waited for. Resolves to the exit code: 130 after Ctrl-C, without a word, since
 * that is how it is meant to end; 0 where it ends by itself, or once nobody reads any more. Throws as `Output.flush`.
 */
export async function follow<T>(
  values: AsyncIterable<T>,
  text: (value: T) => string,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  for await (const value of values) {
    output.result(text(value));
    await output.flush();
    if (output.unread) return 0;
  }
  return signal.aborted ? EXIT_CODES.interrupted : 0;
}
