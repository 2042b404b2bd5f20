import { processOutput } from './process-output.ts';
import { runGuarded } from './run-guarded.ts';

/** Writes what `writeAtOnce` has left of a result, and ends the process. */
export function writePatiently(argv: readonly string[], bytes: Uint8Array): Promise<never> {
  return runGuarded(argv, () => {
    processOutput().raw(bytes);
    return Promise.resolve(0);
  });
}
