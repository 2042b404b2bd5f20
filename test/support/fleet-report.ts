/** What is known here of a run over many gateways, held against what the cloud has issued and what the gateways have. */
import type { IssuedToken } from '../../sandbox/runbeam-cloud.ts';
import type { FleetJson } from '../../src/cli/json/runbeam/fleet.ts';
import { readLedger } from '../../src/store/instances/token-ledger.ts';
import type { CliUser } from './cli-user.ts';
import type { Fleet } from './fleet.ts';

export type Report = FleetJson;

export interface Books {
  readonly user: CliUser;
  readonly fleet: Fleet;
  /** What the cloud has issued since the first run. */
  readonly issued: readonly IssuedToken[];
}

/** States of the ledger in which a token may be alive that nobody has. */
const OPEN: ReadonlySet<string> = new Set(['asked', 'unanswered', 'issued']);

/** Gateways for which the cloud issued more tokens than are at the gateway, and than the ledger says may be missing. */
export function orphans({ user, fleet, issued }: Books): string[] {
  const arrived = new Set([...fleet.tokens.values()].flat());
  const known = readLedger(user.homes).filter(({ state }) => OPEN.has(state));
  const missing = issued.filter(({ machineToken }) => !arrived.has(machineToken));
  const times = (list: readonly { readonly gatewayCode: string }[], code: string): number =>
    list.filter(({ gatewayCode }) => gatewayCode === code).length;
  const codes = new Set(missing.map(({ gatewayCode }) => gatewayCode));
  return [...codes].filter((code) => times(missing, code) > times(known, code));
}
