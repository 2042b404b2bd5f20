/** `harmony:authorize` of many gateways: its flags, and what is printed while it goes on. */
import * as Flags from '@oclif/core/flags';
import { BeamError } from '../../errors.ts';
import type { Context } from '../../services/context.ts';
import type { FleetInput, FleetReport, FleetWatcher } from '../../services/runbeam/fleet/authorize-fleet.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Output } from '../output/output.ts';
import { jsonLine } from './follow.ts';
import { isQuiet } from './verbosity.ts';

/** What these are called in help, where they stand together. */
const MANY = 'MANY GATEWAYS';

export const fleetFlags = {
  all: Flags.boolean({ helpGroup: MANY, default: false, summary: 'Every gateway there is' }),
  match: Flags.string({
    helpGroup: MANY,
    helpValue: 'PATTERNS',
    summary: "Those with these labels: 'prod-*', or several with commas between them",
    exclusive: ['all'],
  }),
  resume: Flags.boolean({
    helpGroup: MANY,
    default: false,
    summary: 'Go on with what an earlier run did not do',
    exclusive: ['all', 'match', 'via'],
  }),
  concurrency: Flags.integer({ helpGroup: MANY, helpValue: 'N', min: 1, max: 64, summary: 'How many at a time (else 16)' }),
  jsonl: Flags.boolean({
    helpGroup: MANY,
    default: false,
    exclusive: ['json'],
    summary: 'Print each gateway, once it is done with, as a JSON value on a line; last the counts',
  }),
};

interface Flagged extends Pick<FleetInput, 'via' | 'retry' | 'yes' | 'ask' | 'resume'> {
  readonly all: boolean;
  readonly match?: string | undefined;
  readonly config?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly jsonl: boolean;
  readonly update: boolean;
  readonly name?: string | undefined;
  readonly label?: string | undefined;
  readonly id?: string | undefined;
}

/** How many at a time, unless said. */
const CONCURRENCY = 16;

/** What a command line asks of many gateways; undefined where it is about one. Throws `usage` for both at once. */
export function fleetInput(flags: Flagged): FleetInput | undefined {
  const { all, match, resume, update, name, label, id, concurrency = CONCURRENCY, jsonl, ...more } = flags;
  if (!all && match === undefined && !resume) {
    if (!jsonl && flags.concurrency === undefined) return undefined;
    throw new BeamError('usage', '--jsonl and --concurrency are for many gateways', {
      hint: { text: "Give --all, or --match 'prod-*'" },
    });
  }
  if ([name, label, id].some((each) => each !== undefined)) {
    throw new BeamError('usage', 'One gateway is named, and many are', {
      hint: { text: 'Give a name, or --all, --match or --resume' },
    });
  }
  if (update) {
    throw new BeamError('usage', '--update uploads the configuration of one gateway', {
      hint: { command: 'runbeam harmony:update -l LABEL' },
    });
  }
  return omitUndefined({ ...more, all, match, resume, concurrency });
}

interface Printing {
  readonly output: Output;
  readonly json: boolean;
  readonly jsonl: boolean;
}

/**
 * Authorizes many, and prints what happens while it happens: on a terminal only what went wrong, above a line that moves;
 * elsewhere a line for each. Nothing with `--json`.
 */
export async function runFleetCommand(
  context: Context,
  input: FleetInput,
  { output, json, jsonl }: Printing,
): Promise<FleetReport> {
  const [{ authorizeFleet }, { presentFleetLine, fleetLines }] = await Promise.all([
    import('../../services/runbeam/fleet/authorize-fleet.ts'),
    import('../present/runbeam/fleet.ts'),
  ]);
  const lines: FleetWatcher = {
    gateway: (...done) => output.result(jsonLine(fleetLines.gateway(...done))),
    waits: (seconds) => output.result(jsonLine(fleetLines.wait(seconds))),
    stops: () => undefined,
  };
  const text: FleetWatcher = {
    gateway: (gateway) => {
      if (gateway.outcome === 'authorized' && output.interactive) return;
      if (!isQuiet()) output.note(presentFleetLine(gateway, output.errorStyle, context.clock.now()));
    },
    waits: (seconds) => context.notify(`Runbeam Cloud wants to be asked again in ${seconds} s: all wait`),
    stops: () => context.notify('Ending what is under way; nothing more is begun. Ctrl-C again ends at once'),
  };
  const silent: FleetWatcher = { gateway: () => undefined, waits: () => undefined, stops: () => undefined };
  const report = await authorizeFleet(context, input, jsonl ? lines : json ? silent : text);
  if (jsonl) output.result(jsonLine(fleetLines.end(report)));
  return report;
}
