/** Asking Runbeam Cloud about what it keeps: who asks, what is said meanwhile, and what its refusals mean. */
import { BeamError } from '../../errors.ts';
import type { CloudClient } from '../../runbeam/cloud/client.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { actingFor, type Acting, type ActingContext, type ActingInput, type WorkOf } from '../runbeam/acting.ts';
import { nothingChanged, type Left } from '../waiting.ts';

export type CloudContext = ActingContext & Pick<Context, 'waiting'>;

/** Who asks: the flags of every command that does. */
export type AskInput = Pick<ActingInput, 'config'>;

/** One question, or several that belong together. */
export interface Question<T> {
  /** What is asked for, in a sentence: `gateways`, `change chg_1`. */
  readonly what: string;
  /** Default: a user's or a gateway's. */
  readonly workOf?: WorkOf;
  /** What Ctrl-C leaves, where the call changes something. Default: nothing was changed. */
  readonly left?: () => Left;
  readonly ask: (client: CloudClient, options: { readonly signal: AbortSignal }) => Promise<T>;
}

/**
 * Asks as whoever acts. Throws as `actingFor`, and what every call of `CloudClient` throws, in words that say what to do.
 */
export async function askCloud<T>(context: CloudContext, { config }: AskInput, question: Question<T>): Promise<T> {
  const { left = nothingChanged, workOf = 'either', ask } = question;
  const acting = await actingFor(context, { config, workOf });
  const what = printable(question.what, 80);
  return context.waiting({ line: `Asking ${acting.server.name} for ${what}`, left }, async () => {
    try {
      return await ask(await acting.cloud(), { signal: context.signal });
    } catch (error) {
      throw explained(error, what, acting);
    }
  });
}

/** The same trouble, in the words of these commands. */
function explained(error: unknown, what: string, { title, server, given }: Acting): unknown {
  if (!(error instanceof BeamError)) return error;
  const { status, retryAfter } = error;
  if (status === 403) {
    const hint = given?.again ?? { command: 'runbeam verify' };
    const message = `${server.name} does not let ${title} see or change ${what} (403)`;
    return new BeamError('forbidden', message, { status, hint, cause: error });
  }
  if (status === 429) {
    const wait = retryAfter === undefined ? 'Try again in a moment' : `Try again in ${retryAfter} s`;
    const options = { status, hint: { text: wait }, cause: error, ...(retryAfter !== undefined && { retryAfter }) };
    return new BeamError('server_error', `${server.name} takes no more requests for now (429)`, options);
  }
  return error;
}
