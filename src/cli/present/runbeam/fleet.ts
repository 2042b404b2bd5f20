import type { FleetReport, GatewayOutcome } from '../../../services/runbeam/fleet/authorize-fleet.ts';
import { EXIT_CODES, isErrorCode } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { printable } from '../../../text.ts';
import type { FleetGatewayJson, FleetJson, FleetLineJson } from '../../json/runbeam/fleet.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { moment } from '../time.ts';
import { instanceJson } from './instances.ts';

const RESUME = 'runbeam harmony:authorize --resume';

/** On a terminal, gateways that went well are listed up to so many. */
const LISTED = 40;

type Kind = GatewayOutcome['outcome'];

const SAID: Readonly<Record<Kind, string>> = {
  authorized: 'authorized',
  undelivered: 'not delivered',
  failed: 'failed',
  left: 'left',
};

function count({ gateways }: FleetReport, kind: Kind): number {
  return gateways.filter(({ outcome }) => outcome === kind).length;
}

/** @param now - milliseconds */
export function presentFleet(report: FleetReport, style: Style, now: number): string {
  const { gateways } = report;
  if (gateways.length === 0) return style.done('Nothing is left to be done');
  const isShort = style.columns === Infinity || gateways.length <= LISTED;
  const listed = isShort ? gateways : gateways.filter(({ outcome }) => outcome === 'undelivered' || outcome === 'failed');
  const rows = listed.map((gateway) => [
    printable(gateway.instance.label, 60),
    paint(gateway.outcome, style)(SAID[gateway.outcome]),
    detail(gateway, now),
  ]);
  return [...(rows.length === 0 ? [] : [style.table(rows, ['GATEWAY', 'OUTCOME', ''])]), ...summary(report, style)].join('\n');
}

function paint(kind: Kind, style: Style): (text: string) => string {
  return { authorized: style.green, undelivered: style.yellow, failed: style.red, left: style.dim }[kind];
}

function detail({ expiresAt, problem, outcome }: GatewayOutcome, now: number): string {
  if (problem !== undefined) return printable(problem.message, 300);
  return expiresAt === undefined || outcome !== 'authorized' ? '' : `ends ${moment(expiresAt, now)}`;
}

function summary(report: FleetReport, style: Style): string[] {
  const { gateways, cloud, interrupted, stopped, perhapsIssued, resumable } = report;
  const done = count(report, 'authorized');
  const all = gateways.length === 1 ? '1 gateway' : `${gateways.length} gateways`;
  const others = (['undelivered', 'failed', 'left'] as const).flatMap((kind) => {
    const many = count(report, kind);
    return many === 0 ? [] : [`${many} ${SAID[kind]}`];
  });
  const line = `${interrupted ? 'Interrupted: ' : ''}${done} of ${all} authorized with ${printable(cloud)}${others.map((other) => `, ${other}`).join('')}`;
  const lost = total(perhapsIssued);
  return [
    done === gateways.length ? style.done(line) : done === 0 ? style.failed(line) : style.warning(line),
    ...(stopped === undefined ? [] : [`It was given up: ${printable(stopped.message, 300)}`]),
    ...(stopped?.hint === undefined ? [] : [hintLine(stopped.hint)]),
    ...(lost === 0
      ? []
      : [
          `Perhaps issued: ${lost === 1 ? 'one answer' : `${lost} answers`} of the cloud never came. If there is such a token, nobody has it`,
        ]),
    ...(resumable ? [hintLine({ command: RESUME })] : []),
  ];
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, each) => sum + each, 0);
}

/** A gateway that is done with, in one line, for whoever follows. */
export function presentFleetLine(gateway: GatewayOutcome, style: Style, now: number): string {
  const { outcome, instance } = gateway;
  const line = `${style.bold(printable(instance.label, 60))}  ${SAID[outcome]}${detail(gateway, now) === '' ? '' : `: ${detail(gateway, now)}`}`;
  if (outcome === 'authorized') return style.done(line);
  return outcome === 'undelivered' ? style.warning(line) : style.failed(line);
}

export function fleetJson(report: FleetReport): FleetJson {
  const { gateways, perhapsIssued } = report;
  return {
    ...fleetEndJson(report),
    gateways: gateways.map((gateway) =>
      omitUndefined({ ...gatewayJson(gateway), perhaps_issued: perhapsIssued.get(gateway.instance.id) }),
    ),
  };
}

function fleetEndJson(report: FleetReport): Omit<FleetJson, 'gateways'> {
  const { cloud, gateways, interrupted, stopped, resumable, perhapsIssued } = report;
  const [authorized, undelivered, failed, left] = (['authorized', 'undelivered', 'failed', 'left'] as const).map((kind) =>
    count(report, kind),
  );
  const counts = { authorized: authorized ?? 0, undelivered: undelivered ?? 0, failed: failed ?? 0, left: left ?? 0 };
  return omitUndefined({
    cloud,
    counts: { total: gateways.length, ...counts, perhaps_issued: total(perhapsIssued) },
    interrupted,
    stopped: stopped?.toJSON(),
    resume: resumable ? RESUME : undefined,
  });
}

function gatewayJson({ instance, outcome, expiresAt, problem }: GatewayOutcome): FleetGatewayJson {
  return omitUndefined({ instance: instanceJson(instance), outcome, expires_at: expiresAt, problem });
}

/** The lines of `--jsonl`. */
export const fleetLines = {
  gateway: (gateway: GatewayOutcome, done: number, total: number): FleetLineJson => ({
    event: 'gateway',
    done,
    total,
    ...gatewayJson(gateway),
  }),
  wait: (seconds: number): FleetLineJson => ({ event: 'wait', seconds }),
  end: (report: FleetReport): FleetLineJson => ({ event: 'end', ...fleetEndJson(report) }),
};

/** 0: all went well; 7: some did; where nothing did, what was the reason of most; 130 after Ctrl-C. */
export function fleetExitCode(report: FleetReport): number {
  const { gateways, interrupted, stopped } = report;
  if (interrupted) return EXIT_CODES.interrupted;
  if (gateways.every(({ outcome }) => outcome === 'authorized')) return 0;
  if (count(report, 'authorized') + count(report, 'undelivered') > 0) return EXIT_CODES.not_delivered;
  if (stopped !== undefined) return EXIT_CODES[stopped.code];
  const codes = gateways.flatMap(({ problem }) =>
    problem !== undefined && 'code' in problem && isErrorCode(problem.code) ? [EXIT_CODES[problem.code]] : [],
  );
  const counted = codes.map((code) => ({ code, times: codes.filter((other) => other === code).length }));
  return counted.sort((a, b) => b.times - a.times)[0]?.code ?? EXIT_CODES.failed;
}
