/** `beamd token`: the hot path, else the quick way. */
import { hotToken } from '../hot/token.ts';

/** Answers a command line that begins with `token`, and ends the process. */
export async function runToken(argv: readonly string[]): Promise<void> {
  const rest = await hotToken(argv);
  if (rest?.length === 0) process.exit(0);
  const { runEntry, writeRest } = await import('./quick.ts');
  await (rest === undefined ? runEntry('beamd', argv) : writeRest(argv, rest));
}
