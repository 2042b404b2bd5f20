/** What a run over many gateways tells: a line for each, and at its end a table, a summary and an exit code. */
import type { FileReport } from '../../../../services/runbeam/fleet/authorize-file.ts';
import type { FleetReport } from '../../../../services/runbeam/fleet/authorize-fleet.ts';
import type { GatewayOutcome } from '../../../../services/runbeam/fleet/run-gateways.ts';
import type { Renewal } from '../../../../services/runbeam/tokens/renew.ts';
import { EXIT_CODES, isErrorCode } from '../../../../errors.ts';
import { omitUndefined } from '../../../../omit-undefined.ts';
import { printable } from '../../../../text.ts';
import type { FleetGatewayJson, FleetJson, FleetLineJson } from '../../../json/runbeam/fleet.ts';
import { hintLine, type Style } from '../../../output/style.ts';
import { moment, said } from '../../time.ts';
import { instanceJson } from '../instances.ts';
import { fileJson, fileLines } from './plan.ts';

/** On a terminal, gateways that went well are listed up to so many. */
const LISTED = 40;

type Kind = GatewayOutcome['outcome'] | Renewal['outcome'];

type Done = Omit<GatewayOutcome, 'outcome'> & { readonly outcome: Kind };

type Report = Omit<FleetReport<Done>, 'cloud'> & { readonly cloud?: string };

const SAID: Readonly<Record<Kind, string>> = {
  authorized: 'authorized',
  renewed: 'renewed',
  delivered: 'delivered',
  undelivered: 'not delivered',
  failed: 'failed',
  left: 'left',
};

/** All is as it should be. */
const GOOD: ReadonlySet<Kind> = new Set(['authorized', 'renewed', 'delivered']);

function count({ gateways }: Pick<Report, 'gateways'>, ...kinds: readonly Kind[]): number {
  return gateways.filter(({ outcome }) => kinds.includes(outcome)).length;
}

/** What is counted, and what was done to it. */
export interface FleetWords {
  readonly one: string;
  readonly many: string;
  readonly done: string;
  /** Said where it did not go well with some. */
  readonly otherwise?: string;
}

const AUTHORIZED: FleetWords = { one: 'gateway', many: 'gateways', done: 'authorized' };

/** @param now - milliseconds */
export function presentFleet(report: FleetReport | FileReport, style: Style, now: number): string {
  const ofFile = 'plan' in report ? fileLines(report, style) : [];
  const isIdle = report.gateways.length === 0;
  if (isIdle) return [...ofFile, ...('plan' in report ? [] : [style.done('Nothing is left to be done')])].join('\n');
  return [...ofFile, ...fleetText(report, AUTHORIZED, style, now)].join('\n');
}

/** A table, and below it what came of all together. @param now - milliseconds */
export function fleetText(report: Report, words: FleetWords, style: Style, now: number): string[] {
  const { gateways } = report;
  const isShort = style.columns === Infinity || gateways.length <= LISTED;
  const listed = isShort ? gateways : gateways.filter(({ outcome }) => outcome === 'undelivered' || outcome === 'failed');
  const rows = listed.map((gateway) => [
    printable(gateway.instance.label, 60),
    paint(gateway.outcome, style)(SAID[gateway.outcome]),
    detail(gateway, now),
  ]);
  const table = rows.length === 0 ? [] : [style.table(rows, ['GATEWAY', 'OUTCOME', 'DETAIL'])];
  return [...table, ...summary(report, words, style, now)];
}

function paint(kind: Kind, style: Style): (text: string) => string {
  if (GOOD.has(kind)) return style.green;
  return kind === 'undelivered' ? style.yellow : kind === 'failed' ? style.red : style.dim;
}

function detail({ expiresAt, problem, outcome }: Done, now: number): string {
  if (problem !== undefined) return printable(said(problem, now), 300);
  return expiresAt === undefined || !GOOD.has(outcome) ? '' : `ends ${moment(expiresAt, now)}`;
}

function summary(report: Report, { one, many, done: verb, otherwise }: FleetWords, style: Style, now: number): string[] {
  const { gateways, cloud = '', interrupted, stopped, perhapsIssued, resume } = report;
  const done = count(report, ...GOOD);
  const all = gateways.length === 1 ? `1 ${one}` : `${gateways.length} ${many}`;
  const others = (['undelivered', 'failed', 'left'] as const).flatMap((kind) => {
    const number = count(report, kind);
    return number === 0 ? [] : [`${number} ${SAID[kind]}`];
  });
  const line = `${interrupted ? 'Interrupted: ' : ''}${done} of ${all} ${verb} with ${printable(cloud)}${others.map((other) => `, ${other}`).join('')}`;
  const lost = total(perhapsIssued);
  return [
    done === gateways.length ? style.done(line) : done === 0 ? style.failed(line) : style.warning(line),
    ...(stopped === undefined ? [] : [`It was given up: ${printable(said(stopped, now), 300)}`]),
    ...(stopped?.hint === undefined ? [] : [hintLine(stopped.hint)]),
    ...(lost === 0
      ? []
      : [
          `Perhaps issued: ${lost === 1 ? 'one answer' : `${lost} answers`} of the cloud never came. If there is such a token, nobody has it`,
        ]),
    ...(otherwise !== undefined && count(report, 'undelivered', 'failed') > 0 ? [otherwise] : []),
    ...(resume === undefined ? [] : [hintLine({ command: resume })]),
  ];
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, each) => sum + each, 0);
}

/** A gateway that is done with, in one line, for whoever follows. */
export function presentFleetLine(gateway: Done, style: Style, now: number): string {
  const { outcome, instance } = gateway;
  const line = `${style.bold(printable(instance.label, 60))}  ${SAID[outcome]}${detail(gateway, now) === '' ? '' : `: ${detail(gateway, now)}`}`;
  if (GOOD.has(outcome)) return style.done(line);
  return outcome === 'undelivered' ? style.warning(line) : style.failed(line);
}

export function fleetJson(report: FleetReport | FileReport): FleetJson {
  const { gateways, perhapsIssued } = report;
  return {
    ...fleetEndJson(report),
    gateways: gateways.map((gateway) => withLost(gatewayJson(gateway), gateway, perhapsIssued)),
  };
}

/** Adds how often the answer about it was lost, where it was. */
export function withLost<T>(json: T, { instance }: Done, lost: Report['perhapsIssued']): T & { perhaps_issued?: number } {
  return { ...json, ...omitUndefined({ perhaps_issued: lost.get(instance.id) }) };
}

function fleetEndJson(report: FleetReport | FileReport): Omit<FleetJson, 'gateways'> {
  const counts = countsJson(report, ['authorized', 'undelivered', 'failed', 'left']);
  const file = 'plan' in report ? fileJson(report) : undefined;
  return { ...omitUndefined({ cloud: report.cloud, file }), counts, ...endJson(report) };
}

/** How many there are of each kind. */
export function countsJson<K extends Kind>(report: Report, kinds: readonly K[]): Record<K | 'total' | 'perhaps_issued', number> {
  const each = Object.fromEntries(kinds.map((kind) => [kind, count(report, kind)])) as Record<K, number>;
  return { total: report.gateways.length, ...each, perhaps_issued: total(report.perhapsIssued) };
}

/** How it ended. */
export function endJson({ interrupted, stopped, resume }: Report): Pick<FleetJson, 'interrupted' | 'stopped' | 'resume'> {
  return omitUndefined({ interrupted, stopped: stopped?.toJSON(), resume });
}

function gatewayJson(gateway: GatewayOutcome): FleetGatewayJson {
  return { ...outcomeJson(gateway), outcome: gateway.outcome };
}

/** What is said of a gateway besides the outcome. */
export function outcomeJson({ instance, expiresAt, problem }: Done): Omit<FleetGatewayJson, 'outcome'> {
  return omitUndefined({ instance: instanceJson(instance), expires_at: expiresAt, problem });
}

/** The lines of `--jsonl`. */
export const fleetLines = {
  gateway: (gateway: GatewayOutcome, done: number, total: number): FleetLineJson => ({
    event: 'gateway',
    done,
    total,
    ...gatewayJson(gateway),
  }),
  wait: (seconds: number): FleetLineJson & { event: 'wait' } => ({ event: 'wait', seconds }),
  end: (report: FleetReport | FileReport): FleetLineJson => ({ event: 'end', ...fleetEndJson(report) }),
};

/** 0: all went well; 7: some did; where nothing did, what was the reason of most; 130 after Ctrl-C. */
export function fleetExitCode(report: Report): number {
  const { gateways, interrupted, stopped } = report;
  if (interrupted) return EXIT_CODES.interrupted;
  if (gateways.every(({ outcome }) => GOOD.has(outcome))) return 0;
  if (count(report, ...GOOD, 'undelivered') > 0) return EXIT_CODES.not_delivered;
  if (stopped !== undefined) return EXIT_CODES[stopped.code];
  const codes = gateways.flatMap(({ problem }) =>
    problem !== undefined && 'code' in problem && isErrorCode(problem.code) ? [EXIT_CODES[problem.code]] : [],
  );
  const times = new Map<number, number>();
  for (const code of codes) times.set(code, (times.get(code) ?? 0) + 1);
  return [...times].sort(([, a], [, b]) => b - a)[0]?.[0] ?? EXIT_CODES.failed;
}
