/** What takes long is said, and what Ctrl-C leaves behind: the words are the service's, how they are shown is not. */
import type { Hint } from '../errors.ts';

/** What an interrupted command has to say: what was done, and what was not. */
export interface Left {
  /** Follows `Interrupted: `; without a full stop. */
  readonly message: string;
  readonly hint?: Hint;
}

/** Something that may take long. */
export interface Wait {
  /** What is being done or waited for, in plain words: `Asking beam.run for your orgs`. Fit for a terminal. */
  readonly line: string;
  /** Asked when Ctrl-C has come, and once the work had its moment to end. Absent: what is around this one says it. */
  readonly left?: () => Left;
  /** Called at the first Ctrl-C in place of ending: the work comes to its end by itself. The second one ends it as usual. */
  readonly stop?: () => void;
}

/** Replaces the line, as things go on: `Logging out of edge.example.com (2/7)`. */
export type Say = (line: string) => void;

/** Does the work. Where somebody watches and it takes long, they read what is waited for. Throws what the work throws. */
export type Waiting = <T>(wait: Wait, work: (say: Say) => Promise<T>) => Promise<T>;

/** Where only something was asked. */
export const nothingChanged = (): Left => ({ message: 'nothing was changed' });
