/**
 * What this process does, told to whoever asked to be told (`--verbose`): which file, which host, which agent, and how long it
 * took; never what was in it. There is one listener, since a process is one command.
 */

/** `what`: with what came of it, if that says something. `ms`: milliseconds. */
export type StepListener = (what: string, ms: number) => void;

let listener: StepListener | undefined;

export function listenToSteps(listen: StepListener): void {
  listener = listen;
}

/** Whether anybody listens: else nothing needs to be put into words. */
export function isListening(): boolean {
  return listener !== undefined;
}

/** Tells of what was done elsewhere. */
export function tellStep(what: string, ms: number): void {
  listener?.(what, ms);
}

/** What came of a step; empty: nothing that needs saying. */
export interface Outcomes<T> {
  readonly done?: (result: T) => string;
  readonly failed?: string;
}

/** Does something, and tells that it was done. */
export function step<T>(what: string, work: () => T, outcomes: Outcomes<T> = {}): T {
  if (listener === undefined) return work();
  const tell = stopwatch(listener, what);
  try {
    const result = work();
    tell(outcomes.done?.(result));
    return result;
  } catch (error) {
    tell(outcomes.failed ?? FAILED);
    throw error;
  }
}

/** As `step`, for what takes its time. */
export async function longStep<T>(what: string, work: () => Promise<T>, outcomes: Outcomes<T> = {}): Promise<T> {
  if (listener === undefined) return work();
  const tell = stopwatch(listener, what);
  try {
    const result = await work();
    tell(outcomes.done?.(result));
    return result;
  } catch (error) {
    tell(outcomes.failed ?? FAILED);
    throw error;
  }
}

const FAILED = 'failed';

function stopwatch(listen: StepListener, what: string): (outcome?: string) => void {
  const begun = performance.now();
  return (outcome = '') => {
    listen(outcome === '' ? what : `${what}: ${outcome}`, performance.now() - begun);
  };
}
