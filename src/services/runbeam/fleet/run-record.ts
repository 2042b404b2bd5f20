/** The run that is under way, on disk: how it begins, what of it is done, and where another one goes on. */
import { BeamError } from '../../../errors.ts';
import { listInstances, type Instance } from '../../../store/instances/instances.ts';
import { hasPendingToken } from '../../../store/instances/machine-token.ts';
import { readFleetRun, saveFleetRun, type FleetRun } from '../../../store/instances/fleet-run.ts';
import { readLedger, type LedgerEntry } from '../../../store/instances/token-ledger.ts';
import type { Homes, StoreDeps } from '../../../store/paths.ts';

/** Puts down what a new run sets out to do. Throws as `saveFleetRun`. */
export function beginRun(
  { homes, clock }: StoreDeps,
  { cloud, via, handed = [] }: Pick<FleetRun, 'cloud' | 'via' | 'handed'>,
  instances: readonly Instance[],
): FleetRun {
  const ids = instances.map(({ id }) => id);
  const kept = ids.filter((id) => hasPendingToken(homes, id));
  const run = { startedAt: new Date(clock.now()).toISOString(), cloud, via, instances: ids, handed, kept };
  saveFleetRun(homes, run);
  return run;
}

/** The run to go on with, and what is left of it; one that was removed from the list meanwhile is not. Throws `not_found`. */
export function unfinishedRun(homes: Homes): { readonly run: FleetRun; readonly left: readonly Instance[] } {
  const run = readFleetRun(homes);
  if (run === undefined) {
    throw new BeamError('not_found', 'No run over several gateways was left unfinished', {
      hint: { command: 'runbeam harmony:tokens' },
    });
  }
  const isDone = doneOf(homes, run);
  const byId = new Map(listInstances(homes).map((instance) => [instance.id, instance]));
  const left = run.instances.flatMap((id) => {
    const instance = byId.get(id);
    return instance === undefined || isDone(id) ? [] : [instance];
  });
  return { run, left };
}

/** What the ledger says of it: that is written by whoever did the work, so no crash in between makes it wrong. */
function doneOf(homes: Homes, { startedAt, kept }: FleetRun): (id: string) => boolean {
  const begun = Date.parse(startedAt);
  const wasKept = new Set(kept);
  const newest = newestOf(readLedger(homes));
  return (id) => {
    const entry = newest.get(id);
    if (entry?.state !== 'delivered' || hasPendingToken(homes, id)) return false;
    return wasKept.has(id) || Date.parse(entry.askedAt) >= begun;
  };
}

function newestOf(entries: readonly LedgerEntry[]): Map<string, LedgerEntry> {
  return new Map(
    entries.flatMap((entry) => (entry.instance === undefined || entry.state === 'refused' ? [] : [[entry.instance, entry]])),
  );
}

/** How many tokens each instance was perhaps issued in a run: the cloud was asked, and its answer never came. */
export function perhapsIssued(homes: Homes, { startedAt }: Pick<FleetRun, 'startedAt'>): Map<string, number> {
  const begun = Date.parse(startedAt);
  const counts = new Map<string, number>();
  for (const { state, askedAt, instance } of readLedger(homes)) {
    if ((state !== 'asked' && state !== 'unanswered') || instance === undefined || Date.parse(askedAt) < begun) continue;
    counts.set(instance, (counts.get(instance) ?? 0) + 1);
  }
  return counts;
}
