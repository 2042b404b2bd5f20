/** `runbeam harmony:tokens --from TARGET`: the machine token that an engine has, from any machine. Never the token itself. */
import { BeamError } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { listInstances } from '../../../store/instances/instances.ts';
import { parseMachineToken, type MachineToken } from '../../../store/instances/machine-token.ts';
import { shellWord } from '../../../text.ts';
import type { Context } from '../../context.ts';
import type { listTokens } from '../tokens/ledger.ts';
import type { ClientContext } from './client.ts';
import { openTarget, parseTarget, targetText, type OpenTarget } from './engine.ts';

/** As the ledger has them. */
type TokenRow = Awaited<ReturnType<typeof listTokens>>[number];

/**
 * Asks the engine's own client. Throws `usage` for no target, `not_found` without a client or a machine token there, `bad_file` for
 * what is none, and as the client.
 */
export async function tokenFrom(context: ClientContext & Pick<Context, 'homes' | 'clock'>, from: string): Promise<TokenRow> {
  const { gatewayId, gatewayCode, issuedAt, expiresAt } = await tokenIn(await openTarget(context, parseTarget(from), []));
  const instance = listInstances(context.homes).find(({ id }) => id === gatewayCode);
  const standing = Date.parse(expiresAt) > context.clock.now() ? 'live' : 'expired';
  return omitUndefined({ standing, instance, gatewayCode: gatewayCode ?? gatewayId, gatewayId, issuedAt, expiresAt } as const);
}

/** The machine token that is in a secret. Throws `not_found`, `bad_file` for what is none, and as `OpenTarget.read`. */
export async function tokenIn(open: Pick<OpenTarget, 'target' | 'read'>): Promise<MachineToken> {
  const name = targetText(open.target);
  const json = (await open.read())?.fields['machine_token'];
  if (json !== undefined) return parseMachineToken(json, name);
  throw new BeamError('not_found', `There is no machine token in ${name}, or it may not be read`, {
    hint: { command: `runbeam harmony:export NAME --with-token --to ${shellWord(name)}` },
  });
}
