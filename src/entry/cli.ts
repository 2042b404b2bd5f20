/** The program of both bins: a command line with nothing wrong in it runs at once, as does help; anything else goes to oclif. */
import { runGuarded } from '../cli/command/run-guarded.ts';
import { findFastRun } from '../cli/fast-parse/run-fast.ts';
import { hearTelling } from '../cli/command/verbosity.ts';
import { noteStart } from '../cli/terminal/at-start.ts';
import { COMPLETE } from '../cli/routing/argv.ts';
import type { Bin } from '../cli/routing/manifest.ts';
import { commandLoaders } from '../commands/index.ts';

export { commandLoaders };

/** Runs a command line and ends the process. */
export async function runBin(bin: Bin, typed: readonly string[]): Promise<void> {
  if (typed[0] === COMPLETE) {
    const { runCompletion } = await import('../cli/complete/run.ts');
    await runCompletion(bin, typed[1]);
  }
  const start = noteStart(typed, process.env);
  const argv = hearTelling(typed);
  try {
    const run = (await findFastRun(bin, argv, commandLoaders)) ?? (await findHelp(bin, argv));
    if (run !== undefined) await runGuarded(bin, argv, run);
    const { runWithOclif } = await import('./oclif.ts');
    // A bundle of its own, with an output of its own: it hears the same words.
    await runWithOclif(bin, typed, start);
  } catch (error) {
    // A part of the program that cannot be loaded: an update may have taken it away.
    await runGuarded(bin, argv, () =>
      Promise.reject(error instanceof Error ? error : new Error('nothing that is known', { cause: error })),
    );
  }
}

/** Loaded only for what is no command: each file costs an everyday one the better part of a millisecond. */
async function findHelp(bin: Bin, argv: readonly string[]): Promise<(() => Promise<number>) | undefined> {
  const { findAnswer } = await import('../cli/help/find-answer.ts');
  return findAnswer(bin, argv, commandLoaders);
}
