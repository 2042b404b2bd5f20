/** `runbeam harmony:renew`: new machine tokens for gateways whose own end soon. */
import { BeamError } from '../../../errors.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { printable } from '../../../text.ts';
import type { Context } from '../../context.ts';
import { authorize, type AuthorizeInput } from '../authorize.ts';
import { actingFor, type ActingContext } from '../acting.ts';
import { selectInstance, type SelectContext, type Selector } from '../gateways/select-instance.ts';
import type { Standing, TokenRow } from '../../../runbeam/token-standing.ts';
import { dueSeconds, isDue, listTokens } from './ledger.ts';

export interface RenewInput extends Selector, Pick<AuthorizeInput, 'config' | 'via'> {
  /** Those that end within this span: `5d`. Without it the one that is named, or with `all` every one. */
  readonly due?: string | undefined;
  readonly all: boolean;
}

export type Renewal =
  /** `delivered`: a token that was kept from an earlier attempt was brought to the gateway. */
  | { readonly instance: Instance; readonly outcome: 'renewed' | 'delivered'; readonly expiresAt: string }
  /** The new token is kept; the gateway goes on with the one that it has. */
  | { readonly instance: Instance; readonly outcome: 'undelivered'; readonly expiresAt: string; readonly problem: Problem }
  /** Nothing was issued, or it is not known; the old one stays. */
  | { readonly instance: Instance; readonly outcome: 'failed'; readonly problem: BeamError };

interface Problem {
  readonly message: string;
  readonly hint?: string;
}

type RenewContext = ActingContext & SelectContext & Pick<Context, 'confirm' | 'waiting'>;

/** Errors that every further one would end in, too. */
const OF_ALL: readonly string[] = ['login_required', 'session_ended', 'token_rejected', 'locked', 'interrupted'];

/**
 * Renews one after the other. A new token takes the place of the old one only once the gateway has it: whatever fails leaves
 * the old one. One that was issued before and is kept is delivered instead. Throws `usage` where nothing is named, and what
 * `actingFor` and `selectInstance` throw; what happens to one gateway is in its result.
 */
export async function renewTokens(context: RenewContext, input: RenewInput): Promise<Renewal[]> {
  const rows = await rowsToRenew(context, input);
  // Who acts is settled once, and nothing is said of gateways where nobody can.
  if (rows.length > 0) await actingFor(context, { config: input.config, workOf: 'user' });
  const renewals: Renewal[] = [];
  for (const row of rows) {
    const renewal = await renewOne(context, input, row);
    renewals.push(renewal);
    if (renewal.outcome === 'failed' && OF_ALL.includes(renewal.problem.code)) {
      if (renewals.length === 1) throw renewal.problem;
      break;
    }
  }
  return renewals;
}

type Renewable = Pick<TokenRow, 'standing' | 'expiresAt'> & { readonly instance: Instance };

async function rowsToRenew(context: RenewContext, input: RenewInput): Promise<Renewable[]> {
  const { due, all, name, label, id } = input;
  if (due === undefined && !all) return [await namedRow(context, input)];
  if ((name ?? label ?? id) !== undefined) {
    throw new BeamError('usage', 'Give a name, or --due or --all', { hint: { command: 'runbeam harmony:renew --due 5d' } });
  }
  const until = due === undefined ? Infinity : context.clock.now() + dueSeconds(due) * 1000;
  return renewable(await listTokens(context)).filter((row) => isDue(row, until));
}

/** One for each instance: that which waits to be delivered, else that which the gateway has. */
function renewable(rows: readonly TokenRow[]): Renewable[] {
  const found = new Map<string, Renewable>();
  for (const { instance, standing, givenOut, expiresAt } of rows) {
    // One that was lost or perhaps issued says nothing of what the gateway has.
    if (instance === undefined || givenOut === true || !RENEWABLE.includes(standing)) continue;
    if (standing === 'undelivered' || !found.has(instance.id)) found.set(instance.id, { instance, standing, expiresAt });
  }
  return [...found.values()];
}

const RENEWABLE: readonly Standing[] = ['live', 'expired', 'undelivered', 'unreadable'];

async function namedRow(context: RenewContext, { name, label, id }: RenewInput): Promise<Renewable> {
  const instance = await selectInstance(context, { name, label, id });
  const row = renewable(await listTokens(context)).find((each) => each.instance.id === instance.id);
  if (row !== undefined) return row;
  throw new BeamError('not_found', `${printable(instance.label)} has no machine token from here yet`, {
    hint: { command: `runbeam harmony:authorize --id ${instance.id}` },
  });
}

async function renewOne(context: RenewContext, { config, via }: RenewInput, renewable: Renewable): Promise<Renewal> {
  const { instance, standing, expiresAt: replaces } = renewable;
  const retry = standing === 'undelivered';
  try {
    const input = { id: instance.id, config, via, retry, replaces: retry ? undefined : replaces };
    const { result } = await authorize(context, { ...input, update: false, ask: false });
    const { delivered, expiresAt, problem } = result;
    if (delivered) return { instance, outcome: retry ? 'delivered' : 'renewed', expiresAt };
    const said = problem ?? { message: 'The gateway does not have it' };
    return { instance, outcome: 'undelivered', expiresAt, problem: said };
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return { instance, outcome: 'failed', problem: error };
  }
}
