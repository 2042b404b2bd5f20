/** What a run over many gateways asks before it begins. */
import { BeamError } from '../../../errors.ts';
import type { Context } from '../../context.ts';
import { counted } from '../../../text.ts';

interface Question {
  readonly question: string;
  /** How many are handed the user's session. */
  readonly handedTo: number;
  /** How many there is anything to do for. */
  readonly count: number;
}

/** The user's session goes to gateways only if the user says so; the rest is asked where somebody is there to answer. Throws `usage`. */
export async function agreeTo(
  { confirm }: Pick<Context, 'confirm'>,
  { yes, ask }: { readonly yes: boolean; readonly ask: boolean },
  { question, handedTo, count }: Question,
): Promise<void> {
  if (yes || count === 0) return;
  const answer = ask ? await confirm(question) : undefined;
  if (answer === true || (answer === undefined && handedTo === 0)) return;
  const message =
    answer === false
      ? 'Nothing was done'
      : `Your session would be handed to ${counted(handedTo, 'gateway')}, and nobody is there to agree`;
  throw new BeamError('usage', message, { hint: { text: 'Give -y to do it without being asked' } });
}
