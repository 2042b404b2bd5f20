/** `beamd token`: the hot path, else the quick way. */
import { hotToken } from '../hot/token.ts';

/** Answers a command line that begins with `token`, and ends the process. */
export async function runToken(argv: readonly string[]): Promise<void> {
  if (await hotToken(argv)) process.exit(0);
  const { runEntry } = await import('./quick.ts');
  await runEntry('beamd', argv);
}
