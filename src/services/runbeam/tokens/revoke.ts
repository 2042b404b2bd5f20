/** `runbeam harmony:revoke`: a machine token goes from here; at the cloud it cannot be ended. */
import { agreed } from '../../agreed.ts';
import { BeamError } from '../../../errors.ts';
import type { TokenRow } from '../../../runbeam/token-standing.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { withInstanceLock } from '../../../store/instances/instance-lock.ts';
import { clearMachineToken, clearPendingToken } from '../../../store/instances/machine-token.ts';
import { addToLedger, proveLedger, readLedger } from '../../../store/instances/token-ledger.ts';
import { printable } from '../../../text.ts';
import type { Context } from '../../context.ts';
import { selectInstance, type SelectContext, type Selector } from '../gateways/select-instance.ts';
import { listTokens } from './ledger.ts';

export interface RevokeInput extends Selector {
  /** Do so without asking. */
  readonly yes: boolean;
}

export interface Revoked {
  readonly instance: Instance;
  /** What was stored here and is gone: the token in force, and one that was not delivered. */
  readonly removed: readonly ('token' | 'undelivered')[];
  /** What may still be alive at the cloud and at the gateway, those that end first before the others. */
  readonly alive: readonly TokenRow[];
}

/**
 * Deletes the machine tokens of an instance here. Runbeam Cloud has no call that ends one, so each lives until it expires, and
 * that is told. Throws as `selectInstance`; `not_found` where there is none, `usage` after a no or with nobody to ask;
 * `busy`, `storage`.
 */
export async function revokeTokens(
  context: SelectContext & Pick<Context, 'clock' | 'confirm' | 'env'>,
  input: RevokeInput,
): Promise<Revoked> {
  const { homes } = context;
  const instance = await selectInstance(context, input, { named: 'harmony:revoke' });
  const { id } = instance;
  const alive = (await listTokens(context, { all: true })).filter((row) => row.instance?.id === id && row.standing !== 'expired');
  if (alive.length === 0) {
    throw new BeamError('not_found', `${printable(instance.label)} has no machine token from here`, {
      hint: { command: 'runbeam harmony:tokens' },
    });
  }
  await confirmRevoke(context, input, instance);
  const removed = await withInstanceLock(context, id, async () => {
    // Where it cannot be written the token stays: a ledger that counts on one that is gone would never have it renewed.
    await proveLedger(context);
    const gone = { token: clearMachineToken(homes, id), undelivered: await clearPendingToken(homes, id) };
    const entries = readLedger(homes).filter((entry) => entry.instance === id && entry.state !== 'refused');
    await addToLedger(
      context,
      entries.map(({ serial }) => ({ serial, state: 'ended' as const })),
    );
    return (['token', 'undelivered'] as const).filter((kind) => gone[kind]);
  });
  return { instance, removed, alive };
}

async function confirmRevoke(context: Pick<Context, 'confirm'>, { yes }: RevokeInput, instance: Instance): Promise<void> {
  if (yes) return;
  const what = `the machine token of ${printable(instance.label)}`;
  await agreed(context, `Delete ${what} here? It cannot be read back, and at the cloud it lives until it expires.`, {
    nobody: `There is nobody to ask whether ${what} may go`,
    no: 'Nothing was deleted',
    command: `runbeam harmony:revoke --id ${instance.id} -y`,
  });
}
