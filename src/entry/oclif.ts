/** The whole command line, oclif and all. A bundle of its own, which the everyday program loads when it must. */
import { hearTelling } from '../cli/command/verbosity.ts';
import { runCommandLine } from '../cli/oclif/run.ts';
import { takeOver, type AtStart } from '../cli/terminal/at-start.ts';
import type { Bin } from '../cli/routing/manifest.ts';
import { commandLoaders } from '../commands/index.ts';

/** Runs any command line of a bin and ends the process. `start`: what was noted when it began. */
export function runWithOclif(bin: Bin, argv: readonly string[], start: AtStart): Promise<void> {
  takeOver(start);
  return runCommandLine(bin, hearTelling(argv), commandLoaders);
}
