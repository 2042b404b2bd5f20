/** `runbeam harmony:authorize --all|--match|--resume`: many gateways in one run. */
import { BeamError } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { removeFleetRun, withFleetLock, type FleetRun } from '../../../store/instances/fleet-run.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { hasPendingToken } from '../../../store/instances/machine-token.ts';
import { counted, printable } from '../../../text.ts';
import type { Context } from '../../context.ts';
import type { Left } from '../../waiting.ts';
import { actingFor, type Acting, type ActingContext, type ActingInput } from '../acting.ts';
import { agreeTo } from './agreement.ts';
import { beginRun, perhapsIssued, unfinishedRun } from './run-record.ts';
import {
  runGateways,
  type FleetWatcher,
  type GatewayOutcome,
  type GatewayTask,
  type RunEnd,
  type RunInput,
} from './run-gateways.ts';
import { selectFleet, type FleetSelector } from './select-fleet.ts';

export interface FleetInput extends FleetSelector, Pick<ActingInput, 'config'> {
  /** Go on with the run that was not finished. */
  readonly resume: boolean;
  readonly via: 'cloud' | 'harmony';
  /** Only bring the tokens that are kept; ask the cloud for nothing. */
  readonly retry: boolean;
  /** How many at a time. */
  readonly concurrency?: number | undefined;
  readonly yes: boolean;
  /** Questions may be put. */
  readonly ask: boolean;
}

/** What came of a run. `O`: of one gateway. */
export interface FleetReport<O = GatewayOutcome> extends Omit<RunEnd, 'gateways'> {
  /** The cloud, as it is called. Absent: nobody had to be asked. */
  readonly cloud?: string;
  readonly gateways: readonly O[];
  /** By id of the instance: how often the cloud was asked in this run and its answer was lost. */
  readonly perhapsIssued: ReadonlyMap<string, number>;
  /** The command that goes on with what is not done; absent where all is. */
  readonly resume?: string | undefined;
}

type FleetContext = ActingContext & Pick<Context, 'confirm' | 'waiting'>;

/**
 * Authorizes many gateways. One that has a kept token gets that one. What happens to one is in its outcome; what would happen to
 * all ends the run. Throws as `selectFleet`, `actingFor` and `CloudClient.baseUrl`; `not_found` where there is nothing to go
 * on with or to deliver, `busy` while another run is under way, `usage` after a no.
 */
export async function authorizeFleet(context: FleetContext, input: FleetInput, watcher: FleetWatcher): Promise<FleetReport> {
  return withFleetLock(context, async () => {
    const plan = planOf(context, input);
    const acting = await actingFor(context, { config: input.config, workOf: 'user' });
    const via = plan.run?.via ?? input.via;
    checkCloud(plan.run, acting);
    const count = plan.instances.length;
    const handed = new Set(plan.run?.handed);
    const handedTo = via === 'harmony' ? count : plan.instances.filter(({ id }) => handed.has(id)).length;
    await agreeTo(context, input, { question: questionOf(count, via, acting), handedTo, count });
    const run = plan.run ?? beginRun(context, { cloud: acting.server.name, via }, plan.instances);
    const tasks = plan.instances.map((instance) => ({
      instance,
      ...(handed.has(instance.id) ? { via: 'harmony' as const } : {}),
    }));
    return endRun(context, run, await runTasks(context, { acting, tasks, watcher }, { ...input, via, onlyKept: input.retry }));
  });
}

/** What a run needs, once it is known what it is to do. */
interface Tasks {
  readonly acting: Acting;
  readonly tasks: readonly GatewayTask[];
  readonly watcher: FleetWatcher;
}

export async function runTasks(
  context: ActingContext & Pick<Context, 'waiting'>,
  work: Tasks,
  { via, onlyKept, concurrency }: Pick<RunInput, 'via' | 'onlyKept' | 'concurrency'>,
): Promise<RunEnd> {
  const line = `Authorizing ${counted(work.tasks.length, 'gateway')} with ${work.acting.server.name}`;
  return runGateways(context, work, { via, onlyKept, concurrency, line, left });
}

/** A run that did all is forgotten; another one can be gone on with. */
export function endRun({ homes }: Pick<Context, 'homes'>, run: FleetRun, end: RunEnd): FleetReport {
  const isDone = end.gateways.every(({ outcome }) => outcome === 'authorized');
  if (isDone) removeFleetRun(homes);
  return omitUndefined({
    ...end,
    cloud: run.cloud,
    perhapsIssued: perhapsIssued(homes, run),
    resume: isDone ? undefined : RESUME,
  });
}

interface Plan {
  /** One that is gone on with. */
  readonly run?: FleetRun;
  readonly instances: readonly Instance[];
}

function planOf({ homes }: Pick<Context, 'homes'>, input: FleetInput): Plan {
  if (input.resume) {
    const { run, left } = unfinishedRun(homes);
    return { run, instances: left };
  }
  const instances = selectFleet({ homes }, input);
  if (!input.retry) return { instances };
  const kept = instances.filter(({ id }) => hasPendingToken(homes, id));
  if (kept.length > 0) return { instances: kept };
  throw new BeamError('not_found', 'No undelivered machine token is kept for these gateways', {
    hint: { command: 'runbeam harmony:tokens' },
  });
}

/** Half of a fleet is not to be of one cloud and half of another. */
function checkCloud(run: FleetRun | undefined, { server }: Acting): void {
  if (run === undefined || run.cloud === server.name) return;
  throw new BeamError('usage', `The run that is to go on was with ${printable(run.cloud)}, and this would be ${server.name}`, {
    hint: { command: 'runbeam config:get api-url' },
  });
}

function questionOf(count: number, via: FleetInput['via'], { server }: Acting): string {
  const many = counted(count, 'gateway');
  return via === 'harmony'
    ? `Hand your session to ${many}, each of which asks ${server.name} itself?`
    : `Authorize ${many} with ${server.name}?`;
}

const RESUME = 'runbeam harmony:authorize --resume';

const left = (): Left => ({
  message: 'what was under way may have been issued, and is in the ledger',
  hint: { command: RESUME },
});
