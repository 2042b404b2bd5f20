/** `runbeam harmony:edit`: an instance is changed, and whoever is to renew its machine token from then on is started. */
import { BeamError } from '../../../errors.ts';
import type { Context } from '../../context.ts';
import { runbeamAccount, type AccountContext } from '../account.ts';
import { editOneInstance, lowerFirst, type EditContext, type EditInput, type Registered } from '../gateways/add-instance.ts';

/** As `editOneInstance`; that no agent can renew its token yet is a warning. */
export async function editGateway(
  context: EditContext & AccountContext & Pick<Context, 'agents'>,
  input: EditInput,
): Promise<Registered> {
  const registered = await editOneInstance(context, input);
  if (input.renew === 'auto') await startAgent(context);
  return registered;
}

/** One that renews must be running, and goes on for as long as there is something to renew. */
export async function startAgent(context: AccountContext & Pick<Context, 'agents' | 'warn'>): Promise<void> {
  try {
    (await context.agents.open(await runbeamAccount(context))).close();
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    context.warn(`Nobody renews it yet: ${lowerFirst(error.message)}`, error.hint);
  }
}
