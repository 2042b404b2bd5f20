/** `runbeam harmony:renew`: new machine tokens for gateways whose own end soon. */
import { BeamError, isOfAll, type Hint } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { counted, printable, shellWord } from '../../../text.ts';
import type { Context } from '../../context.ts';
import { authorize, type AuthorizeInput } from '../authorize.ts';
import { actingFor, type ActingContext } from '../acting.ts';
import type { FleetReport } from '../fleet/authorize-fleet.ts';
import type { FleetWatcher, GatewayOutcome } from '../fleet/run-gateways.ts';
import { selectInstance, type SelectContext, type Selector } from '../gateways/select-instance.ts';
import { tokenOfEach, type Standing, type TokenOfInstance } from '../../../runbeam/token-standing.ts';
import { dueSeconds, isDue, listTokens } from './ledger.ts';

export interface RenewInput extends Selector, Pick<AuthorizeInput, 'config' | 'via'> {
  /** Those that end within this span: `5d`. Without it the one that is named, or with `all` every one. */
  readonly due?: string | undefined;
  readonly all: boolean;
  /** How many at a time. */
  readonly concurrency?: number | undefined;
}

/**
 * What came of one gateway:
 * - `renewed`
 * - `delivered`: a token that was kept from an earlier attempt was brought to it
 * - `undelivered`: the new token is kept, and the gateway goes on with the one that it has
 * - `failed`: nothing was issued, or it is not known; the old one stays
 * - `left`: it was not begun
 */
export type Renewal = Omit<GatewayOutcome, 'outcome'> & {
  readonly outcome: 'renewed' | 'delivered' | Exclude<GatewayOutcome['outcome'], 'authorized'>;
  /** The next step, where one was named. */
  readonly hint?: Hint | undefined;
};

/** `cloud`: absent where nobody was asked for many. */
export type RenewReport = Omit<FleetReport<Renewal>, 'cloud'> & { readonly cloud?: string };

type RenewContext = ActingContext & SelectContext & Pick<Context, 'confirm' | 'waiting'>;

/**
 * Renews the one that is named, or many as `harmony:authorize` does many. A new token takes the place of the old one only once
 * the gateway has it: whatever fails leaves the old one. One that was issued before and is kept is delivered instead. Throws
 * `usage` where nothing is named, and what `actingFor` and `selectInstance` throw; what happens to one of many is in its outcome.
 */
export async function renewTokens(
  context: RenewContext,
  input: RenewInput,
  watcher: FleetWatcher<Renewal>,
): Promise<RenewReport> {
  const { due, all, name, label, id } = input;
  if (due === undefined && !all) return renewNamed(context, input);
  if ((name ?? label ?? id) !== undefined) {
    throw new BeamError('usage', 'Give a name, or --due or --all', { hint: { command: 'runbeam harmony:renew --due 5d' } });
  }
  const until = due === undefined ? Infinity : context.clock.now() + dueSeconds(due) * 1000;
  const rows = [...tokenOfEach(await listTokens(context), RENEWABLE).values()].filter((row) => isDue(row, until));
  return rows.length === 0 ? ofOne([]) : renewMany(context, input, { rows, watcher });
}

/** Nobody is asked anything: two runs at once renew each token once, by `replaces`. */
async function renewMany(
  context: RenewContext,
  { config, via, due, concurrency }: RenewInput,
  { rows, watcher }: { readonly rows: readonly TokenOfInstance[]; readonly watcher: FleetWatcher<Renewal> },
): Promise<RenewReport> {
  const [{ runGateways }, { perhapsIssued }] = await Promise.all([
    import('../fleet/run-gateways.ts'),
    import('../fleet/run-record.ts'),
  ]);
  const acting = await actingFor(context, { config, workOf: 'user' });
  const kept = new Set(rows.filter(({ standing }) => standing === 'undelivered').map(({ instance }) => instance.id));
  const toRenewal = (gateway: GatewayOutcome): Renewal => {
    const { outcome, instance } = gateway;
    return { ...gateway, outcome: outcome === 'authorized' ? (kept.has(instance.id) ? 'delivered' : 'renewed') : outcome };
  };
  const startedAt = new Date(context.clock.now()).toISOString();
  const resume = goOn(due);
  const end = await runGateways(
    context,
    {
      acting,
      tasks: rows.map(({ instance, expiresAt: replaces }) => ({ instance, replaces })),
      watcher: { ...watcher, gateway: (gateway, ...counts) => watcher.gateway(toRenewal(gateway), ...counts) },
    },
    {
      via,
      onlyKept: false,
      concurrency,
      line: `Renewing the machine tokens of ${counted(rows.length, 'gateway')} with ${acting.server.name}`,
      left: () => ({ message: 'what was under way may have been issued, and is in the ledger', hint: { command: resume } }),
    },
  );
  const gateways = end.gateways.map(toRenewal);
  const isDone = end.gateways.every(({ outcome }) => outcome === 'authorized');
  const lost = perhapsIssued(context.homes, { startedAt });
  return omitUndefined({ ...end, gateways, cloud: acting.server.name, perhapsIssued: lost, resume: isDone ? undefined : resume });
}

/** What was renewed today has 30 days: of all this takes those that have not been. */
const goOn = (due: string | undefined): string => `runbeam harmony:renew --due ${due === undefined ? '29d' : shellWord(due)}`;

const ofOne = (gateways: readonly Renewal[]): RenewReport => ({ gateways, perhapsIssued: new Map(), interrupted: false });

/** What a gateway has, or waits to be brought to it. */
const RENEWABLE: readonly Standing[] = ['live', 'expired', 'unreadable'];

async function namedRow(context: RenewContext, { name, label, id }: RenewInput): Promise<TokenOfInstance> {
  const instance = await selectInstance(context, { name, label, id });
  const row = tokenOfEach(await listTokens(context), RENEWABLE).get(instance.id);
  if (row !== undefined) return row;
  throw new BeamError('not_found', `${printable(instance.label)} has no machine token from here yet`, {
    hint: { command: `runbeam harmony:authorize --id ${instance.id}` },
  });
}

/** By the agent: that goes on if this command is killed. Throws what would come of every other one, too. */
async function renewNamed(context: RenewContext, input: RenewInput): Promise<RenewReport> {
  const { config, via } = input;
  const { instance, standing, expiresAt: replaces } = await namedRow(context, input);
  const retry = standing === 'undelivered';
  try {
    const request = { id: instance.id, config, via, retry, replaces: retry ? undefined : replaces };
    const { result } = await authorize(context, { ...request, update: false, ask: false });
    const { delivered, expiresAt, problem } = result;
    if (delivered) return ofOne([{ instance, outcome: retry ? 'delivered' : 'renewed', expiresAt }]);
    const said = problem ?? { message: 'The gateway does not have it' };
    return ofOne([{ instance, outcome: 'undelivered', expiresAt, problem: said }]);
  } catch (error) {
    const isItsOwn = error instanceof BeamError && (!isOfAll(error.code) || ABOUT_ONE.has(error.code));
    if (!isItsOwn) throw error;
    return ofOne([{ instance, outcome: 'failed', problem: error.toJSON(), hint: error.hint }]);
  }
}

/** What is said of the gateway itself where there is only one: the token that was kept for it, and that its old one stays. */
const ABOUT_ONE: ReadonlySet<string> = new Set(['expired_token', 'storage_full']);
