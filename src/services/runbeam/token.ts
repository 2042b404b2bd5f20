/** `runbeam token:get`: a machine token for a gateway, for `RUNBEAM_MACHINE_TOKEN`. */
import { BeamError } from '../../errors.ts';
import { findInstanceKey, instanceKey } from '../../store/instances/instance-key.ts';
import { listInstances, type Instance } from '../../store/instances/instances.ts';
import { loadMachineToken, saveMachineToken, type MachineToken } from '../../store/instances/machine-token.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { runbeamAccount, type AccountContext } from './account.ts';
import { withAgent } from './authorize.ts';

type TokenContext = AccountContext & Pick<Context, 'agents'>;

export interface FoundToken {
  readonly token: MachineToken;
  /** The registered instance it belongs to, if it is one of ours. */
  readonly instance?: Instance;
  /** `stored`: from an earlier authorization; `issued`: just now, by Runbeam Cloud. */
  readonly source: 'stored' | 'issued';
}

/** A stored token must live at least this long to be handed out, milliseconds. */
const MARGIN = 60_000;

/**
 * The stored, unexpired machine token of the instance that `gateway` means (its id, label, gateway id or gateway code), else
 * a new one; a new one for a registered instance is stored. Throws as `runbeamAccount` and `Agent.machineToken`.
 */
export async function machineToken(context: TokenContext, { gateway: code }: { readonly gateway: string }): Promise<FoundToken> {
  if (code.trim() === '' || code !== printable(code)) {
    throw new BeamError('usage', 'A gateway code is 1 to 200 printable characters', {
      hint: { command: 'runbeam harmony:list' },
    });
  }
  const stored = await storedToken(context, code);
  if (stored !== undefined) return stored;
  const instance = listInstances(context.homes).find((each) => isNamed(each, code));
  const account = await runbeamAccount(context);
  const token = await withAgent(context, account, (agent) => agent.machineToken({ gatewayCode: instance?.id ?? code }));
  if (instance === undefined) return { token, source: 'issued' };
  const { identity } = await instanceKey(context, instance.id, context.env);
  await saveMachineToken(context, instance.id, token, identity);
  return { token, instance, source: 'issued' };
}

function isNamed(instance: Instance, code: string): boolean {
  return instance.id === code || instance.label === code || instance.gatewayId === code;
}

async function storedToken(context: TokenContext, code: string): Promise<FoundToken | undefined> {
  const now = context.clock.now();
  const instances = listInstances(context.homes);
  // An instance that is named outright goes before one whose stored token only mentions the code.
  for (const named of [true, false]) {
    for (const instance of instances.filter((each) => isNamed(each, code) === named)) {
      const token = await readToken(context, instance);
      if (token === undefined || Date.parse(token.expiresAt) - now < MARGIN) continue;
      if (named || token.gatewayCode === code || token.gatewayId === code) return { token, instance, source: 'stored' };
    }
  }
  return undefined;
}

/** Undefined when there is none, or none that this key opens: then a new one is asked for. */
async function readToken(context: TokenContext, instance: Instance): Promise<MachineToken | undefined> {
  try {
    // Looking for a token must not make a key.
    const key = await findInstanceKey(context.homes, instance.id, context.env);
    return key && (await loadMachineToken(context.homes, instance.id, key.identity));
  } catch (error) {
    if (!(error instanceof BeamError) || (error.code !== 'decrypt_failed' && error.code !== 'bad_file')) throw error;
    context.notify(`The stored machine token of ${printable(instance.label)} cannot be read: ${error.message}`);
    return undefined;
  }
}
