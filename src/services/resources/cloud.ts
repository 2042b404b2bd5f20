/** Asking Runbeam Cloud about what it keeps: who asks, what is said meanwhile, and what its refusals mean. */
import { BeamError } from '../../errors.ts';
import { CloudClient } from '../../runbeam/cloud/client.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { runbeamAccount, runbeamServer, type AccountContext } from '../runbeam/account.ts';
import { withAgent } from '../runbeam/authorize.ts';
import { nothingChanged, type Left } from '../waiting.ts';

export type CloudContext = AccountContext & Pick<Context, 'agents' | 'http' | 'signal' | 'waiting'>;

/** One question, or several that belong together. */
export interface Question<T> {
  /** What is asked for, in a sentence: `gateways`, `change chg_1`. */
  readonly what: string;
  /** What Ctrl-C leaves, where the call changes something. Default: nothing was changed. */
  readonly left?: () => Left;
  readonly ask: (client: CloudClient, options: { readonly signal: AbortSignal }) => Promise<T>;
}

/**
 * Asks as whoever acts. Throws `login_required`, `session_ended`, and what every call of `CloudClient` throws, in words that say
 * what to do.
 */
export async function askCloud<T>(context: CloudContext, { what, left = nothingChanged, ask }: Question<T>): Promise<T> {
  const account = await runbeamAccount(context);
  const client = new CloudClient({
    http: context.http(account),
    apiUrl: account.apiUrl ?? runbeamServer(context).origin,
    clock: context.clock,
    token: () => withAgent(context, account, async (agent) => (await agent.token({})).accessToken),
  });
  const line = `Asking ${account.server} for ${printable(what, 80)}`;
  return context.waiting({ line, left }, async () => {
    try {
      return await ask(client, { signal: context.signal });
    } catch (error) {
      throw explained(error, { what: printable(what, 80), server: account.server });
    }
  });
}

/** The same trouble, in the words of these commands. */
function explained(error: unknown, { what, server }: { readonly what: string; readonly server: string }): unknown {
  if (!(error instanceof BeamError)) return error;
  const { status, retryAfter } = error;
  if (status === 403) {
    const hint = { command: 'runbeam verify' };
    return new BeamError('forbidden', `${server} does not let you see or change ${what} (403)`, { status, hint, cause: error });
  }
  if (status === 429) {
    const wait = retryAfter === undefined ? 'Try again in a moment' : `Try again in ${retryAfter} s`;
    const options = { status, hint: { text: wait }, cause: error, ...(retryAfter !== undefined && { retryAfter }) };
    return new BeamError('server_error', `${server} takes no more requests for now (429)`, options);
  }
  return error;
}
