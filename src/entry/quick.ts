import { findQuick } from '../cli/light/run-quickly.ts';
import type { Bin } from '../cli/manifest.ts';
import { commandLoaders } from '../commands/index.ts';

export { commandLoaders };

/** Runs a command line the quick way if it is plainly right, else the frame's, and ends the process. */
export async function runEntry(bin: Bin, argv: readonly string[]): Promise<void> {
  const quick = await findQuick(bin, argv, commandLoaders);
  if (quick === undefined) {
    const { runFrame } = await import('./frame.ts');
    await runFrame(bin, argv);
  } else {
    const { runGuarded } = await import('../cli/run-guarded.ts');
    await runGuarded(argv, quick);
  }
}
