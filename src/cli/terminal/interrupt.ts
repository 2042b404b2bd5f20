/** Ctrl-C and TERM: asked nicely first, then for good. What was ignored when this process was started is ignored here too. */
import { BeamError, EXIT_CODES } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { atStart } from './at-start.ts';

/** Milliseconds a command has to end by itself after Ctrl-C. */
const GRACE = 1_500;

export interface Interrupt {
  /** Aborts with a BeamError `interrupted`. */
  readonly signal: AbortSignal;
  /** From here on the first signal ends the process at once: the work is done, and only output is left. */
  finish(): void;
  /** Leaves the signals to somebody else, for a child process that shall get them. */
  release(): void;
}

let current: Interrupt | undefined;

/** The interrupt of this process, installed at the first call. */
export function processInterrupt(): Interrupt {
  current ??= install();
  return current;
}

function install(): Interrupt {
  const controller = new AbortController();
  let finished = false;
  const onSignal = (name: NodeJS.Signals): void => {
    if (atStart().ignored.has(name)) return;
    if (finished || controller.signal.aborted) process.exit(EXIT_CODES.interrupted);
    controller.abort(new BeamError('interrupted', 'Interrupted'));
    setTimeout(() => process.exit(EXIT_CODES.interrupted), GRACE).unref();
  };
  for (const name of system.signals.ending) process.on(name, onSignal);
  return {
    signal: controller.signal,
    finish: () => {
      finished = true;
    },
    release: () => {
      for (const name of system.signals.ending) process.off(name, onSignal);
    },
  };
}
