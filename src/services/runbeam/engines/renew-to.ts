/** `runbeam harmony:renew --to TARGET`: the machine token that a secret engine has, renewed from any machine. */
import { BeamError } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import type { IssueDeps } from '../../../runbeam/authorize.ts';
import { renewInto, type RenewedInto } from '../../../runbeam/renew-into.ts';
import { listInstances, type Instance } from '../../../store/instances/instances.ts';
import type { MachineToken } from '../../../store/instances/machine-token.ts';
import { printable, shellWord } from '../../../text.ts';
import type { Context } from '../../context.ts';
import { actingFor, type ActingContext, type ActingInput } from '../acting.ts';
import { machineTokenText } from '../export/bundle.ts';
import { selectInstance, type SelectContext, type Selector } from '../gateways/select-instance.ts';
import { dueSeconds } from '../tokens/ledger.ts';
import type { ClientContext } from './client.ts';
import { openTarget, parseTarget, targetText, type OpenTarget } from './engine.ts';
import { merged } from './put.ts';
import { tokenIn } from './token-from.ts';

export interface RenewToInput extends Selector, Pick<ActingInput, 'config'> {
  /** `vault:MOUNT/PATH`, `k8s:NAMESPACE/NAME`, `aws:NAME`, `azure:VAULT/NAME`. */
  readonly to: string;
  /** Only if it ends within this span: `5d`. */
  readonly due?: string | undefined;
}

export interface RenewedTo {
  readonly outcome: RenewedInto;
  /** As it was typed. */
  readonly target: string;
  /** Server, context or account. */
  readonly where: string;
  readonly gatewayCode: string;
  /** The gateway, where it is registered. */
  readonly instance?: Instance | undefined;
  /** RFC 3339: of the token that is there now. */
  readonly expiresAt: string;
}

type RenewToContext = ActingContext & SelectContext & ClientContext & Pick<Context, 'waiting'>;

/**
 * Reads the token that is there, asks Runbeam Cloud for a new one of the same gateway, and writes it if nobody wrote a later one
 * meanwhile. The old one stays until then. Throws as `openTarget`, `tokenIn`, `actingFor` and `renewInto`; `usage` where the token is of
 * another gateway than the one that is named, `not_delivered` where a new one could not be written: it is kept.
 */
export async function renewTo(context: RenewToContext, input: RenewToInput): Promise<RenewedTo> {
  const seconds = input.due === undefined ? undefined : dueSeconds(input.due);
  const isDue = ({ expiresAt }: MachineToken): boolean =>
    seconds === undefined || !(Date.parse(expiresAt) > context.clock.now() + seconds * 1_000);
  const open = await openTarget(context, parseTarget(input.to), []);
  const there = await tokenIn(open);
  const { code, instance } = await gatewayOf(context, input, there);
  const told = { target: targetText(open.target), where: await open.where(), gatewayCode: code, instance };
  if (!isDue(there)) return { ...told, outcome: 'not_due', expiresAt: there.expiresAt };
  const acting = await actingFor(context, { config: input.config, workOf: 'user' });
  const { homes, env, clock } = context;
  const { http, apiUrl, rejected } = acting;
  const accessToken: IssueDeps['accessToken'] = (refused) => acting.token(refused);
  const deps = { homes, env, clock, http, apiUrl, accessToken, rejected };
  let now = there;
  const due = async (): Promise<MachineToken | undefined> => {
    now = await tokenIn(open);
    return isDue(now) ? now : undefined;
  };
  const put = async (token: MachineToken): Promise<boolean> => {
    const isWritten = await write(context, open, token);
    now = isWritten ? token : await tokenIn(open);
    // Who came after us may have written ours again, beside theirs.
    return now.machineToken.reveal() === token.machineToken.reveal();
  };
  const line = `Renewing the machine token in ${told.target} with ${acting.server.name}`;
  const left = (): { message: string; hint: { command: string } } => ({
    message: 'the old token is there, and what was issued is in the ledger',
    hint: { command: 'runbeam harmony:tokens' },
  });
  const outcome = await context.waiting({ line, left }, () => renewInto(deps, { gatewayCode: code, due, put }));
  return omitUndefined({ ...told, outcome, expiresAt: now.expiresAt });
}

/** Which gateway the cloud is to be asked for: one that it does not know it would make. */
async function gatewayOf(
  context: SelectContext,
  { name, label, id, to }: RenewToInput,
  { gatewayCode, gatewayId }: MachineToken,
): Promise<{ readonly code: string; readonly instance?: Instance | undefined }> {
  const isNamed = (name ?? label ?? id) !== undefined;
  const all = listInstances(context.homes);
  const known = all.find((each) => (gatewayCode === undefined ? each.gatewayId === gatewayId : each.id === gatewayCode));
  const instance = isNamed ? await selectInstance(context, { name, label, id }) : known;
  const code = gatewayCode ?? instance?.id;
  if (code === undefined) {
    throw new BeamError('usage', `The machine token in ${printable(to)} does not say of which gateway it is`, {
      hint: { command: `runbeam harmony:renew NAME --to ${shellWord(to)}` },
    });
  }
  if (instance === undefined || instance.id === code) return { code, instance };
  throw new BeamError(
    'usage',
    `The machine token in ${printable(to)} is of ${printable(code)}, not of ${printable(instance.label)}`,
    {
      hint: { command: `runbeam harmony:tokens --from ${shellWord(to)}` },
    },
  );
}

/** As `RenewIntoRequest.put`. */
async function write(context: ClientContext, { target }: OpenTarget, token: MachineToken): Promise<boolean> {
  const value = machineTokenText(token);
  try {
    const open = await openTarget(context, target, [value, token.machineToken.reveal()]);
    return await open.change((before) => merged(before, { machine_token: value }));
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    throw new BeamError('not_delivered', `${error.message}. The new machine token is kept here, the old one stays there`, {
      hint: { command: `runbeam harmony:renew --to ${shellWord(targetText(target))}` },
      cause: error,
    });
  }
}
