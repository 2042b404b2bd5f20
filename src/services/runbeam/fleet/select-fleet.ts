/** Which of the registered gateways a run is about. */
import { patternTest } from '../../../matching.ts';
import { didYouMean } from '../../../nearest.ts';
import { BeamError } from '../../../errors.ts';
import { listInstances, type Instance } from '../../../store/instances/instances.ts';
import { printable } from '../../../text.ts';
import type { Context } from '../../context.ts';

export interface FleetSelector {
  /** Every instance there is. */
  readonly all?: boolean | undefined;
  /** Labels or ids, separated by commas; `*` and `?` stand for any text and any letter of a label. */
  readonly match?: string | undefined;
}

/**
 * The instances meant, each once, in the order in which they were added. Throws `not_found` for a pattern that fits none, and
 * where there are none at all; `usage` for one that is empty.
 */
export function selectFleet({ homes }: Pick<Context, 'homes'>, { all, match }: FleetSelector): Instance[] {
  const instances = listInstances(homes);
  if (instances.length === 0) {
    throw new BeamError('not_found', 'No gateway is registered', { hint: { command: 'runbeam harmony:add -l LABEL' } });
  }
  if (all === true) return instances;
  const chosen = new Set<Instance>();
  for (const pattern of patternsIn(match ?? '')) {
    const found = fitting(instances, pattern);
    if (found.length === 0) throw noneFits(instances, pattern);
    for (const instance of found) chosen.add(instance);
  }
  return instances.filter((instance) => chosen.has(instance));
}

function patternsIn(match: string): string[] {
  const patterns = match.split(',').map((pattern) => pattern.trim());
  if (patterns.every((pattern) => pattern !== '')) return patterns;
  throw new BeamError('usage', '--match takes labels and patterns, separated by commas', {
    hint: { command: "runbeam harmony:authorize --match 'prod-*,eu-1'" },
  });
}

function fitting(instances: readonly Instance[], pattern: string): Instance[] {
  if (!/[*?]/u.test(pattern)) return instances.filter(({ label, id }) => label === pattern || id === pattern);
  const fits = patternTest(pattern);
  return instances.filter(({ label }) => fits(label));
}

function noneFits(instances: readonly Instance[], pattern: string): BeamError {
  const names = /[*?]/u.test(pattern) ? [] : instances.flatMap(({ label, id }) => [label, id]);
  return new BeamError('not_found', `No instance has a label like ${printable(pattern)}${didYouMean(pattern, names)}`, {
    hint: { command: 'runbeam harmony:list' },
  });
}
