/** The whole command line, oclif and all. A bundle of its own, which the everyday program loads when it must. */
import { hearVerbosity } from '../cli/command/verbosity.ts';
import { runCommandLine } from '../cli/oclif/run.ts';
import type { Bin } from '../cli/routing/manifest.ts';
import { commandLoaders } from '../commands/index.ts';

/** Runs any command line of a bin and ends the process. */
export function runWithOclif(bin: Bin, argv: readonly string[]): Promise<void> {
  return runCommandLine(bin, hearVerbosity(bin, argv), commandLoaders);
}
