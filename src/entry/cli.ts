/** The program of both bins: what is plainly right runs at once, anything else goes to oclif. */
import { findQuick } from '../cli/fast-parse/run-fast.ts';
import type { Bin } from '../cli/routing/manifest.ts';
import { runGuarded } from '../cli/command/run-guarded.ts';
import { commandLoaders } from '../commands/index.ts';

export { commandLoaders };

/** Runs a command line and ends the process. */
export async function runEntry(bin: Bin, argv: readonly string[]): Promise<void> {
  const quick = await findQuick(bin, argv, commandLoaders);
  if (quick !== undefined) await runGuarded(argv, quick);
  const { runFrame } = await import('./oclif.ts');
  await runFrame(bin, argv);
}
