/** What a run over many gateways said, held against what the cloud has issued and what the gateways have. */
import type { IssuedToken } from '../../sandbox/runbeam-cloud.ts';
import type { FleetJson } from '../../src/cli/json/runbeam/fleet.ts';
import type { Fleet } from './fleet.ts';

export type Report = FleetJson;

export interface Books {
  readonly fleet: Fleet;
  /** What the cloud has issued since the first run. */
  readonly issued: readonly IssuedToken[];
  /** Of all runs that ended with one; the last one tells of all. */
  readonly reports: readonly Report[];
}

/** Gateways for which the cloud issued more tokens than are at the gateway and were told to be perhaps issued. */
export function orphans({ fleet, issued, reports }: Books): string[] {
  const arrived = new Set([...fleet.tokens.values()].flat());
  const told = new Map<string, number>();
  for (const { gateways } of reports) {
    for (const { instance, perhaps_issued: times = 0 } of gateways)
      told.set(instance.id, Math.max(times, told.get(instance.id) ?? 0));
  }
  const missing = new Map<string, number>();
  for (const { gatewayCode, machineToken } of issued) {
    if (!arrived.has(machineToken)) missing.set(gatewayCode, (missing.get(gatewayCode) ?? 0) + 1);
  }
  return [...missing].flatMap(([id, times]) => (times > (told.get(id) ?? 0) ? [id] : []));
}
