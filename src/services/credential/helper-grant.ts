/** A token for a program that waits for its helper: soon, or not at all. */
import { withAgent } from '../../agent/client/with-agent.ts';
import type { TokenGrant } from '../../agent/protocol/agent.ts';
import { within } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import type { Secret } from '../../secret.ts';
import type { Account } from '../../store/accounts/account.ts';
import type { Context } from '../context.ts';

/** What a helper needs. Of the current folder and the environment, nothing. */
export type HelperContext = Pick<Context, 'accounts' | 'agents' | 'clock' | 'warn'>;

/** How long a helper keeps its caller waiting, milliseconds: with its own start, less than three seconds. */
const PATIENCE = 2_600;

/**
 * A fresh token of the account. `refused`: one that a server did not take; a newer one is given, after a refresh if need be. Throws
 * `timeout` when it takes too long (a refresh that was begun goes on), and as `Agents.open` and `Agent.token`.
 */
export function helperGrant(context: HelperContext, account: Account, refused?: Secret): Promise<TokenGrant> {
  const given = withAgent(context.agents.open(account), (agent) => agent.token(refused === undefined ? {} : { refused }));
  return within(context.clock, PATIENCE, given, () => {
    throw new BeamError('timeout', `There was no token of ${accountTitle(account)} in time; a refresh that was begun goes on`, {
      hint: { command: `beamd status ${accountWords(account)}` },
    });
  });
}
