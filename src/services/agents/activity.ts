/** `beamd agent top`: what the agents of all accounts have done. */
import type { AgentActivity } from '../../agent/protocol/agent.ts';
import { BeamError } from '../../errors.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { Account } from '../../store/accounts/account.ts';
import type { Context } from '../context.ts';
import { accountFilter, type AccountsInput } from '../beamd/accounts.ts';
import { namesOf } from '../target/target.ts';

type ActivityContext = Pick<Context, 'accounts' | 'agents' | 'clock' | 'signal'>;

/** `older`: it is of a version that does not tell. */
export type SeenAgent = {
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  /** The account is: its agent has nothing to give out. */
  readonly locked: boolean;
} & ({ readonly state: 'stopped' | 'busy' | 'older' } | { readonly state: 'running'; readonly activity: AgentActivity });

export interface Seen {
  /** Milliseconds. */
  readonly at: number;
  readonly agents: readonly SeenAgent[];
}

/**
 * Looks at the agents of all accounts, or those of a server or a name, of `runbeam` too. Starts none. Throws `unsafe_path`,
 * and as `accountFilter`.
 */
export async function seeAgents(context: ActivityContext, which: AccountsInput): Promise<Seen> {
  const fits = await accountFilter(context, which);
  const { accounts } = await context.accounts.list();
  const chosen = accounts.filter(({ key }) => fits(key));
  const agents = await Promise.all(chosen.map((account) => seeAgent(context, account)));
  return { at: context.clock.now(), agents };
}

/** The same again and again, so many seconds apart, until the context's signal. */
export async function* watchAgents(context: ActivityContext, which: AccountsInput, seconds: number): AsyncGenerator<Seen> {
  const { clock, signal } = context;
  try {
    for (;;) {
      yield await seeAgents(context, which);
      await clock.sleep(seconds * 1000, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function seeAgent({ agents }: ActivityContext, account: Account): Promise<SeenAgent> {
  const known = { ...namesOf(account), locked: account.locked !== undefined };
  try {
    const activity = await agents.activity(account.key);
    if (activity === undefined) return { ...known, state: 'stopped' };
    return 'older' in activity ? { ...known, state: 'older' } : { ...known, state: 'running', activity };
  } catch (error) {
    if (error instanceof BeamError && error.code === 'busy') return { ...known, state: 'busy' };
    throw error;
  }
}
