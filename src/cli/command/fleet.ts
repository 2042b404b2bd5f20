/** `harmony:authorize` and `harmony:renew` of many gateways: their flags, and what is printed while it goes on. */
import * as Flags from '@oclif/core/flags';
import { BeamError } from '../../errors.ts';
import type { Context } from '../../services/context.ts';
import type { FileInput, FileReport } from '../../services/runbeam/fleet/authorize-file.ts';
import type { FleetInput, FleetReport } from '../../services/runbeam/fleet/authorize-fleet.ts';
import type { FleetWatcher } from '../../services/runbeam/fleet/run-gateways.ts';
import type { Renewal, RenewInput, RenewReport } from '../../services/runbeam/tokens/renew.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { jsonLine } from './live/follow.ts';
import { isQuiet } from './verbosity.ts';

/** What these are called in help, where they stand together. */
const MANY = 'MANY GATEWAYS';

/** Of every run over many. */
export const manyFlags = {
  concurrency: Flags.integer({ helpGroup: MANY, helpValue: 'N', min: 1, max: 64, summary: 'How many at a time (else 16)' }),
  jsonl: Flags.boolean({
    helpGroup: MANY,
    default: false,
    exclusive: ['json'],
    summary: 'Print each gateway, once it is done with, as a JSON value on a line; last the counts',
  }),
};

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
  file: Flags.string({
    helpGroup: MANY,
    helpValue: 'FILE',
    summary: 'Register what this list of gateways says (yaml), and authorize those without a token, or whose own is due',
    exclusive: ['all', 'match', 'resume', 'retry'],
  }),
  plan: Flags.boolean({
    helpGroup: MANY,
    summary: 'Say what --file would change, and change nothing',
    dependsOn: ['file'],
    exclusive: ['jsonl'],
  }),
  reissue: Flags.boolean({
    helpGroup: MANY,
    summary: 'A new token for each gateway of --file, also where none is due',
    dependsOn: ['file'],
  }),
  ...manyFlags,
};

interface Flagged extends Pick<FleetInput, 'via' | 'retry' | 'yes' | 'ask' | 'resume'> {
  readonly all: boolean;
  readonly match?: string | undefined;
  readonly file?: string | undefined;
  readonly plan?: boolean | undefined;
  readonly reissue?: boolean | undefined;
  readonly config?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly jsonl: boolean;
  readonly update: boolean;
  readonly name?: string | undefined;
  readonly label?: string | undefined;
  readonly id?: string | undefined;
}

/** What a command line asks of many gateways. */
export type ManyInput = FleetInput | (FileInput & { readonly plan: boolean });

/** What a command line asks of many gateways; undefined where it is about one. Throws `usage` for both at once. */
export function fleetInput(flags: Flagged): ManyInput | undefined {
  const { all, match, resume, update, name, label, id, jsonl, file, plan = false, reissue = false, ...more } = flags;
  if (!all && match === undefined && !resume && file === undefined) {
    refuseForOne(flags, "Give --all, or --match 'prod-*'");
    return undefined;
  }
  if ([name, label, id].some((each) => each !== undefined)) {
    throw new BeamError('usage', 'One gateway is named, and many are', {
      hint: { text: 'Give a name, or --all, --match, --file or --resume' },
    });
  }
  if (update) {
    throw new BeamError('usage', '--update uploads the configuration of one gateway', {
      hint: { command: 'runbeam harmony:update -l LABEL' },
    });
  }
  if (file !== undefined) return omitUndefined({ ...more, file, plan, reissue });
  return omitUndefined({ ...more, all, match, resume });
}

/** Throws `usage` for what only makes sense of many. */
function refuseForOne({ jsonl, concurrency }: Pick<Flagged, 'jsonl' | 'concurrency'>, hint: string): void {
  if (!jsonl && concurrency === undefined) return;
  throw new BeamError('usage', '--jsonl and --concurrency are for many gateways', { hint: { text: hint } });
}

interface Printing {
  readonly output: Output;
  readonly json: boolean;
  readonly jsonl: boolean;
}

/** What `--jsonl` and the text say of one gateway, and of a wait. */
interface Telling<O> {
  readonly line: (outcome: O, done: number, total: number) => unknown;
  readonly wait: (seconds: number) => unknown;
  readonly text: (outcome: O, style: Style, now: number) => string;
}

/**
 * Prints what happens while it happens: on a terminal only what went wrong, above a line that moves; elsewhere a line for
 * each, unless there is one alone, which the report tells. Nothing with `--json`.
 */
function watcherFor<O extends { readonly outcome: string }>(
  context: Context,
  { output, json, jsonl }: Printing,
  { line, wait, text }: Telling<O>,
): FleetWatcher<O> {
  if (jsonl) {
    return {
      gateway: (...done) => output.result(jsonLine(line(...done))),
      waits: (seconds) => output.result(jsonLine(wait(seconds))),
      stops: () => undefined,
    };
  }
  if (json) return { gateway: () => undefined, waits: () => undefined, stops: () => undefined };
  return {
    gateway: (outcome, _, total) => {
      const isTrouble = outcome.outcome === 'undelivered' || outcome.outcome === 'failed';
      if (total === 1 || isQuiet() || (output.interactive && !isTrouble)) return;
      output.note(text(outcome, output.errorStyle, context.clock.now()));
    },
    waits: (seconds) => context.notify(`Runbeam Cloud wants to be asked again in ${seconds} s: all wait`),
    stops: () => context.notify('Ending what is under way; nothing more is begun. Ctrl-C again ends at once'),
  };
}

/** Authorizes many, and prints what happens. */
export async function runFleetCommand(
  context: Context,
  input: FleetInput | FileInput,
  printing: Printing,
): Promise<FleetReport | FileReport> {
  const { presentFleetLine: text, fleetLines } = await import('../present/runbeam/fleet/report.ts');
  const watcher = watcherFor(context, printing, { line: fleetLines.gateway, wait: fleetLines.wait, text });
  const report =
    'file' in input
      ? await (await import('../../services/runbeam/fleet/authorize-file.ts')).authorizeFile(context, input, watcher)
      : await (await import('../../services/runbeam/fleet/authorize-fleet.ts')).authorizeFleet(context, input, watcher);
  if (printing.jsonl) printing.output.result(jsonLine(fleetLines.end(report)));
  return report;
}

/** Renews one or many, and prints what happens. */
export async function runRenewCommand(context: Context, input: RenewInput, printing: Printing): Promise<RenewReport> {
  const { due, all, concurrency } = input;
  if (due === undefined && !all) refuseForOne({ jsonl: printing.jsonl, concurrency }, 'Give --due 5d, or --all');
  const [{ renewTokens }, { presentFleetLine: text, fleetLines }, { renewLines }] = await Promise.all([
    import('../../services/runbeam/tokens/renew.ts'),
    import('../present/runbeam/fleet/report.ts'),
    import('../present/runbeam/fleet/renewals.ts'),
  ]);
  const watcher = watcherFor<Renewal>(context, printing, { line: renewLines.gateway, wait: fleetLines.wait, text });
  const report = await renewTokens(context, input, watcher);
  if (printing.jsonl) printing.output.result(jsonLine(renewLines.end(report)));
  return report;
}
