import { wantsJson } from '../routing/argv.ts';
import { processInterrupt } from '../terminal/interrupt.ts';
import { processOutput } from '../output/output.ts';
import { closeDebugger } from '../terminal/debugger.ts';
import { reportError } from '../output/report-error.ts';

/** When a command that is still running looks whether a debugger port was opened while it started, milliseconds. */
const DEBUGGER_CHECK = 100;

/**
 * Runs the work of a command line, whose result is its exit code, and ends the process: errors reported, Ctrl-C heard,
 * output flushed.
 */
export async function runGuarded(argv: readonly string[], work: () => Promise<number>): Promise<never> {
  const output = processOutput();
  const interrupt = processInterrupt();
  const { signal } = interrupt;
  const json = wantsJson(argv);
  const fail = (error: unknown): number => reportError(signal.aborted ? signal.reason : error, output, json);
  const failAndExit = (error: unknown): void => {
    const code = fail(error);
    const exit = (): void => process.exit(code);
    output.flush().then(exit, exit);
  };
  process.on('uncaughtException', failAndExit);
  process.on('unhandledRejection', failAndExit);
  setTimeout(closeDebugger, DEBUGGER_CHECK).unref();
  const code = await work().catch(fail);
  interrupt.finish();
  // A failure here is one of standard output: it takes nothing more, not even an error as JSON.
  const flushed = await output.flush().then(
    () => 0,
    async (error: unknown) => {
      const failed = reportError(error, output, false);
      await output.flush().catch(() => undefined);
      return failed;
    },
  );
  return process.exit(code === 0 ? flushed : code);
}
