/** `runbeam harmony:edit`: an instance is changed, and whoever is to renew its machine token from then on is started. */
import { BeamError } from '../../errors.ts';
import { printable, shellWord } from '../../text.ts';
import type { Context } from '../context.ts';
import { said } from '../moment.ts';
import { runbeamAccount, type AccountContext } from './account.ts';
import { editOneInstance, lowerFirst, type EditContext, type Edited, type EditInput } from './gateways/add-instance.ts';

export interface EditGatewayInput extends EditInput {
  /** A secret engine that the agent is to renew in: refused. */
  readonly to?: string | undefined;
}

/** As `editOneInstance`; `usage` for `to`. That no agent can renew its token yet is a warning. */
export async function editGateway(
  context: EditContext & AccountContext & Pick<Context, 'agents'>,
  input: EditGatewayInput,
): Promise<Edited> {
  if (input.to !== undefined) {
    throw new BeamError('usage', 'The agent writes to no secret engine: it has none of the logins that their clients have', {
      hint: { command: `runbeam harmony:renew --due 5d --to ${shellWord(printable(input.to))}` },
    });
  }
  const registered = await editOneInstance(context, input);
  if (input.renew === 'auto') await startAgent(context);
  return registered;
}

/** One that renews must be running, and goes on for as long as there is something to renew. */
export async function startAgent(context: AccountContext & Pick<Context, 'agents' | 'clock' | 'warn'>): Promise<void> {
  try {
    (await context.agents.open(await runbeamAccount(context))).close();
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    context.warn(`Nobody renews it yet: ${lowerFirst(said(error, context.clock.now()))}`, error.hint);
  }
}
