import { systemClock } from '../../clock.ts';
import { EXIT_CODES } from '../../errors.ts';
import { wantsJson } from '../routing/argv.ts';
import type { Bin } from '../routing/manifest.ts';
import { processInterrupt } from '../terminal/interrupt.ts';
import { processOutput } from '../output/output.ts';
import { closeDebugger } from '../terminal/debugger.ts';
import { reportError } from '../output/report-error.ts';

/** When a command that is still running looks whether a debugger port was opened while it started, milliseconds. */
const DEBUGGER_CHECK = 100;

/** What a command has to end by itself after Ctrl-C, milliseconds: it answers within a tenth of a second. */
const GRACE = 40;

/** What its last words have to be written after Ctrl-C, milliseconds: somebody may have stopped reading them. */
const LAST_WORDS = 50;

/**
 * Runs the work of a command line of a program, whose result is its exit code, and ends the process: errors reported, Ctrl-C heard,
 * output flushed.
 */
export async function runGuarded(bin: Bin, argv: readonly string[], work: () => Promise<number>): Promise<never> {
  const output = processOutput();
  const interrupt = processInterrupt();
  const { signal } = interrupt;
  let reported: number | undefined;
  const json = wantsJson(argv);
  const fail = (error: unknown): number => {
    // What an interrupted command still throws while it ends was told with the interruption.
    if (!signal.aborted) return reportError(error, bin, output, json);
    reported ??= reportError(interrupt.outcome() ?? signal.reason, bin, output, json);
    setTimeout(() => process.exit(EXIT_CODES.interrupted), LAST_WORDS).unref();
    return reported;
  };
  const failAndExit = (error: unknown): void => {
    const code = fail(error);
    const exit = (): void => process.exit(code);
    output.flush().then(exit, exit);
  };
  process.on('uncaughtException', failAndExit);
  process.on('unhandledRejection', failAndExit);
  setTimeout(closeDebugger, DEBUGGER_CHECK).unref();
  const code = await Promise.race([work().catch(fail), interrupted(signal).then(fail)]);
  interrupt.finish();
  // A failure here is one of standard output: it takes nothing more, not even an error as JSON.
  const flushed = await output.flush().then(
    () => 0,
    async (error: unknown) => {
      const failed = reportError(error, bin, output, false);
      await output.flush().catch(() => undefined);
      return failed;
    },
  );
  return process.exit(code === 0 ? flushed : code);
}

/** Resolves when a command that was interrupted should have ended by itself. */
async function interrupted(signal: AbortSignal): Promise<unknown> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await systemClock.sleep(GRACE);
  return signal.reason;
}
