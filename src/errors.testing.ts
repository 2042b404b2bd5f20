/** For tests: errors as plain values, so that code, words and hint are compared as one. Never bundled. */
import { BeamError, type ErrorCode, type Hint } from './errors.ts';
import { omitUndefined } from './omit-undefined.ts';

export interface Told {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: Hint;
}

/** What an error tells: its code, its words and its hint. */
export function told({ code, message, hint }: BeamError): Told {
  return omitUndefined({ code, message, hint });
}

/** `await failure(() => work)`: the BeamError that work fails with, at once or later, as `told` gives it. */
export async function failure(work: () => unknown): Promise<Told> {
  try {
    await work();
  } catch (error) {
    if (error instanceof BeamError) return told(error);
    throw error;
  }
  throw new Error('this did not fail');
}
