/** `runbeam harmony:tokens --from TARGET`: the machine token that an engine has, from any machine. Never the token itself. */
import { BeamError } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { listInstances } from '../../../store/instances/instances.ts';
import { parseMachineToken } from '../../../store/instances/machine-token.ts';
import { shellWord } from '../../../text.ts';
import type { Context } from '../../context.ts';
import type { listTokens } from '../tokens/ledger.ts';
import type { ClientContext } from './client.ts';
import { openTarget, parseTarget } from './engine.ts';

/** As the ledger has them. */
type TokenRow = Awaited<ReturnType<typeof listTokens>>[number];

/**
 * Asks the engine's own client. Throws `usage` for no target, `not_found` without a client or a machine token there, `bad_file` for
 * what is none, and as the client.
 */
export async function tokenFrom(context: ClientContext & Pick<Context, 'homes' | 'clock'>, from: string): Promise<TokenRow> {
  const target = parseTarget(from);
  const json = (await (await openTarget(context, target, [])).read())?.fields['machine_token'];
  if (json === undefined) {
    throw new BeamError('not_found', `There is no machine token in ${from}, or it may not be read`, {
      hint: { command: `runbeam harmony:export NAME --with-token --to ${shellWord(from)}` },
    });
  }
  const { gatewayId, gatewayCode, issuedAt, expiresAt } = parseMachineToken(json, from);
  const instance = listInstances(context.homes).find(({ id }) => id === gatewayCode);
  const standing = Date.parse(expiresAt) > context.clock.now() ? 'live' : 'expired';
  return omitUndefined({ standing, instance, gatewayCode: gatewayCode ?? gatewayId, gatewayId, issuedAt, expiresAt } as const);
}
