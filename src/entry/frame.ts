/** The whole command line, oclif and all. A bundle of its own, which the quick programs load when they must. */
import { runBin } from '../cli/main.ts';
import type { Bin } from '../cli/main.ts';
import type { Look } from '../cli/help/pages.ts';
import { commandLoaders } from '../commands/index.ts';

/** Runs any command line of a bin and ends the process. */
export function runFrame(bin: Bin, argv: readonly string[]): Promise<void> {
  return runBin(bin, argv, commandLoaders);
}

/** For the build: writes into `folder` the help pages that are printed without this program. */
export async function writeHelp(root: string, folder: string, look: Look): Promise<void> {
  const { writePages } = await import('../cli/help/render.ts');
  await writePages(root, folder, look, commandLoaders);
}
