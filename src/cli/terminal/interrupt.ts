/** Ctrl-C and TERM: asked nicely first, then for good. What was ignored when this process was started is ignored here too. */
import { BeamError, EXIT_CODES } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import type { Left } from '../../services/waiting.ts';
import { atStart } from './at-start.ts';

export interface Interrupt {
  /** Aborts with a BeamError `interrupted`. */
  readonly signal: AbortSignal;
  /** What an interruption would leave behind from here on, until the returned function is called. The last one said counts. */
  leaving(left: () => Left): () => void;
  /** The next signal is told to this alone, until the returned function is called; the one after it ends as usual. */
  stopping(stop: () => void): () => void;
  /** What is to be said of the interruption that has come; undefined: nobody told what it would leave behind. */
  outcome(): BeamError | undefined;
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
  // Any number of requests at once listen to it: more than ten are no leak.
  process.getBuiltinModule('node:events').setMaxListeners(0, controller.signal);
  const told: (() => Left)[] = [];
  let finished = false;
  let soft: (() => void) | undefined;
  let left: (() => Left) | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    if (atStart().ignored.has(name)) return;
    if (finished || controller.signal.aborted) process.exit(EXIT_CODES.interrupted);
    if (soft !== undefined) {
      const stop = soft;
      soft = undefined;
      stop();
      return;
    }
    // The work takes its own back while it ends.
    left = told.at(-1);
    controller.abort(new BeamError('interrupted', 'Interrupted'));
  };
  for (const name of system.signals.ending) process.on(name, onSignal);
  return {
    signal: controller.signal,
    leaving: (what) => {
      told.push(what);
      return () => {
        told.splice(told.lastIndexOf(what), 1);
      };
    },
    stopping: (stop) => {
      soft = stop;
      return () => {
        if (soft === stop) soft = undefined;
      };
    },
    outcome: () => {
      if (left === undefined) return undefined;
      const { message, hint } = left();
      return new BeamError('interrupted', `Interrupted: ${message}`, { hint });
    },
    finish: () => {
      finished = true;
    },
    release: () => {
      for (const name of system.signals.ending) process.off(name, onSignal);
    },
  };
}
