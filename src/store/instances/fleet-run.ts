/**
 * What a run over many gateways set out to do, written before it begins, so that another one can go on where it stopped. What
 * has been done of it is in the ledger of machine tokens: nothing is written twice.
 */
import { BeamError } from '../../errors.ts';
import { readJsonFile } from '../formats/json-file.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { removeFile, writeFileAtomic } from '../files/atomic-file.ts';
import { checkPrivateFolder, ensurePrivateFolder } from '../files/permissions.ts';
import { fleetLock, fleetRunFile, isInstanceId, type Homes, type StoreDeps } from '../paths.ts';

export interface FleetRun {
  /** RFC 3339, with milliseconds: what was asked for before is not of this run. */
  readonly startedAt: string;
  /** Origin of the cloud that is asked. */
  readonly cloud: string;
  readonly via: 'cloud' | 'harmony';
  /** Ids of the instances, in the order in which they are taken. */
  readonly instances: readonly string[];
  /** Those that are handed the user's session, though `via` is `cloud`: a file of gateways says so of each. */
  readonly handed?: readonly string[];
  /** Those for which a token was kept when it began: that one is delivered, and no new one asked for. */
  readonly kept: readonly string[];
}

/** Bytes: a hundred thousand ids, twice. */
const MAX_RUN = 33_554_432;

/** The run that was not finished, if there is one. Throws `bad_file`, `unsafe_path`. */
export function readFleetRun(homes: Homes): FleetRun | undefined {
  const path = fleetRunFile(homes);
  const value = readJsonFile(path, MAX_RUN);
  if (value === undefined) return undefined;
  const file = FieldReader.of(value, path);
  const ids = (name: string): string[] =>
    file.optionalList(name, (item) => (typeof item === 'string' && isInstanceId(item) ? item : undefined)) ?? [];
  return {
    startedAt: file.text('started_at'),
    cloud: file.text('cloud'),
    via: file.choice('via', ['cloud', 'harmony']) ?? 'cloud',
    instances: ids('instances'),
    handed: ids('handed'),
    kept: ids('kept'),
  };
}

/** Takes the place of an earlier run. Throws `storage`, `storage_full`, `unsafe_path`. */
export function saveFleetRun(homes: Homes, { startedAt, ...run }: FleetRun): void {
  ensurePrivateFolder(homes.runbeam);
  writeFileAtomic(fleetRunFile(homes), `${JSON.stringify({ started_at: startedAt, ...run })}\n`);
}

/** It is finished. Throws `storage`, `unsafe_path`. */
export function removeFleetRun(homes: Homes): void {
  if (checkPrivateFolder(homes.runbeam) === 'present') removeFile(fleetRunFile(homes));
}

/** Milliseconds that another run is waited for: one that is ending. */
const TIMEOUT = 1_000;

/** Does a run while no other one of this home does: two at once would ask for two tokens each. Throws `busy`. */
export async function withFleetLock<T>({ homes, clock }: StoreDeps, work: () => Promise<T>): Promise<T> {
  ensurePrivateFolder(homes.runbeam);
  const { withLock } = await import('../files/file-lock.ts');
  const begun: true[] = [];
  const begin = (): Promise<T> => {
    begun.push(true);
    return work();
  };
  try {
    return await withLock(fleetLock(homes), begin, { clock, timeout: TIMEOUT, long: true });
  } catch (error) {
    if (begun.length > 0 || !(error instanceof BeamError) || error.code !== 'busy') throw error;
    throw new BeamError('busy', 'Another run over several gateways is under way', {
      hint: { text: 'Wait for its end, or end it with Ctrl-C' },
      cause: error,
    });
  }
}
