/** A gateway that takes no machine token (0.4): it can only be handed the user's session. Said in one way, for one and for many. */
import { BeamError } from '../../../errors.ts';
import { openHarmony } from '../../../runbeam/harmony.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { printable } from '../../../text.ts';
import type { Context } from '../../context.ts';

/** Asks the gateway; undefined where it takes tokens, else why not, without a full stop. Throws as `Harmony.api`. */
export async function whyNoToken(
  context: Pick<Context, 'homes' | 'http' | 'signal'>,
  instance: Instance,
): Promise<string | undefined> {
  const { version, takesTokens } = await openHarmony(context, instance).api();
  if (takesTokens) return undefined;
  return `Harmony ${printable(version, 40)} at ${printable(instance.label)} takes no machine token; it can only be handed your session and ask Runbeam Cloud itself`;
}

/** `forbidden`: none was issued, since nobody would take it. */
export function noTokenIssued(why: string, { id }: Instance): BeamError {
  return new BeamError('forbidden', `${why}. Nothing was issued`, {
    hint: { command: `runbeam harmony:authorize --id ${id} --via harmony` },
  });
}
