/** `runbeam harmony:authorize --file`: what a file of gateways says is made so, and those that need a machine token get one. */
import { withFleetLock } from '../../../store/instances/fleet-run.ts';
import { changeSettings, type SettingsChange } from '../../../store/instances/instance-settings.ts';
import { setInstances, type Instance } from '../../../store/instances/instances.ts';
import type { Context } from '../../context.ts';
import { actingFor, type Acting, type ActingContext, type ActingInput } from '../acting.ts';
import { startAgent } from '../renewer.ts';
import { counted } from '../../../text.ts';
import { agreeTo } from './agreement.ts';
import { endRun, runTasks, type FleetReport } from './authorize-fleet.ts';
import { planOfFile, type FilePlan, type FilePlanInput, type PlannedGateway } from './file-plan.ts';
import { type FleetWatcher } from './run-gateways.ts';
import { beginRun } from './run-record.ts';

export interface FileInput extends FilePlanInput, Pick<ActingInput, 'config'> {
  /** How many at a time. */
  readonly concurrency?: number | undefined;
  readonly yes: boolean;
  /** Questions may be put. */
  readonly ask: boolean;
}

/** What became of the file, beside the gateways that were authorized. */
export interface FileReport extends FleetReport {
  readonly plan: FilePlan;
}

type FileContext = ActingContext & Pick<Context, 'confirm' | 'waiting' | 'cwd' | 'agents' | 'warn'>;

/**
 * Registers and changes what differs, in one write each, and then authorizes those that need it as `authorizeFleet` does. Run
 * again it does nothing. Throws as `planOfFile`, `actingFor` and `setInstances` before anything is written; `usage` after a no.
 */
export async function authorizeFile(context: FileContext, input: FileInput, watcher: FleetWatcher): Promise<FileReport> {
  return withFleetLock(context, async () => {
    const plan = await planOfFile(context, input);
    const toAuthorize = plan.gateways.filter(({ token }) => token !== 'keep');
    const acting = toAuthorize.length === 0 ? undefined : await actingFor(context, { config: input.config, workOf: 'user' });
    const count = plan.gateways.filter(isTouched).length;
    const handedTo = toAuthorize.filter(({ via }) => via === 'harmony').length;
    await agreeTo(context, input, { question: questionOf(plan, acting), handedTo, count });
    const instances = await register(context, plan);
    const report = acting === undefined ? NOTHING : await authorizeAll(context, { acting, plan, instances, watcher }, input);
    if (plan.gateways.some(({ settings }) => settings.renew === 'auto')) await startAgent(context);
    return { ...report, plan };
  });
}

const NOTHING: FleetReport = { gateways: [], perhapsIssued: new Map(), interrupted: false };

const isChanged = ({ instance, changes }: PlannedGateway): boolean => instance === undefined || changes.length > 0;
const isTouched = (planned: PlannedGateway): boolean => isChanged(planned) || planned.token !== 'keep';

function questionOf({ gateways }: FilePlan, acting: Acting | undefined): string {
  const some = (verb: string, wanted: (planned: PlannedGateway) => boolean): string[] => {
    const count = gateways.filter(wanted).length;
    return count === 0 ? [] : [`${verb} ${counted(count, 'gateway')}`];
  };
  const parts = [
    ...some('register', ({ instance }) => instance === undefined),
    ...some('change', ({ instance, changes }) => instance !== undefined && changes.length > 0),
    ...some('authorize', ({ token, via }) => token !== 'keep' && via === 'cloud'),
    ...some('hand your session to', ({ token, via }) => token !== 'keep' && via === 'harmony'),
  ];
  const text = parts.join(', ');
  const cloud = acting === undefined ? '' : ` with ${acting.server.name}`;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${cloud}?`;
}

/** The instance of each gateway of the plan, as it is from now on. */
async function register(context: FileContext, { gateways }: FilePlan): Promise<ReadonlyMap<PlannedGateway, Instance>> {
  const changed = gateways.filter(isChanged);
  const wanted = changed.map(({ target, instance }) => ({ ...target, id: instance?.id }));
  const set = changed.length === 0 ? [] : await setInstances(context, wanted);
  const instances = new Map<PlannedGateway, Instance>();
  for (const planned of gateways) if (planned.instance !== undefined) instances.set(planned, planned.instance);
  const settings = new Map<string, SettingsChange>();
  for (const [index, planned] of changed.entries()) {
    const instance = set[index];
    if (instance === undefined) continue;
    instances.set(planned, instance);
    if (Object.keys(planned.settings).length > 0) settings.set(instance.id, planned.settings);
  }
  await changeSettings(context, settings);
  return instances;
}

interface Authorizing {
  readonly acting: Acting;
  readonly plan: FilePlan;
  readonly instances: ReadonlyMap<PlannedGateway, Instance>;
  readonly watcher: FleetWatcher;
}

async function authorizeAll(
  context: FileContext,
  { acting, plan, instances, watcher }: Authorizing,
  input: FileInput,
): Promise<FleetReport> {
  const tasks = plan.gateways.flatMap((planned) => {
    const instance = instances.get(planned);
    if (instance === undefined || planned.token === 'keep') return [];
    // Of one that is due: unless somebody has renewed it meanwhile.
    const replaces = planned.token === 'renew' ? planned.expiresAt : undefined;
    return [{ instance, replaces, via: planned.via }];
  });
  const handed = tasks.filter(({ via }) => via === 'harmony').map(({ instance }) => instance.id);
  const which = { cloud: acting.server.name, via: 'cloud' as const, handed };
  const run = beginRun(
    context,
    which,
    tasks.map(({ instance }) => instance),
  );
  const end = await runTasks(
    context,
    { acting, tasks, watcher },
    { via: 'cloud', onlyKept: false, concurrency: input.concurrency },
  );
  return endRun(context, run, end);
}
