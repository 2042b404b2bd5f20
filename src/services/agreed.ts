/** The yes of a user, before something is changed that is not to be changed by the way. */
import { BeamError } from '../errors.ts';
import type { Context } from './context.ts';

export interface Unagreed {
  /** What is said where nobody can be asked. */
  readonly nobody: string;
  /** What is said after a no: nothing was done. */
  readonly no: string;
  /** The command that does it without a question. */
  readonly command: string;
}

/** Asks, and goes on after a yes only. Throws `usage` after a no and with nobody to ask, and as `Context.confirm`. */
export async function agreed({ confirm }: Pick<Context, 'confirm'>, question: string, unagreed: Unagreed): Promise<void> {
  const answer = await confirm(question);
  if (answer === true) return;
  const { nobody, no, command } = unagreed;
  throw new BeamError('usage', answer === undefined ? nobody : no, { hint: { command } });
}
