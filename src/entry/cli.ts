/** The program of both bins: a command line with nothing wrong in it runs at once, anything else goes to oclif. */
import { runGuarded } from '../cli/command/run-guarded.ts';
import { findFastRun } from '../cli/fast-parse/run-fast.ts';
import { noteStart } from '../cli/terminal/at-start.ts';
import type { Bin } from '../cli/routing/manifest.ts';
import { commandLoaders } from '../commands/index.ts';

export { commandLoaders };

/** Runs a command line and ends the process. */
export async function runBin(bin: Bin, argv: readonly string[]): Promise<void> {
  const start = noteStart(argv, process.env);
  const run = await findFastRun(bin, argv, commandLoaders);
  if (run !== undefined) await runGuarded(argv, run);
  const { runWithOclif } = await import('./oclif.ts');
  await runWithOclif(bin, argv, start);
}
