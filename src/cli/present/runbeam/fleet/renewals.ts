/** What `harmony:renew` tells: of one gateway a line, of many as `harmony:authorize` does. */
import type { Renewal, RenewReport } from '../../../../services/runbeam/tokens/renew.ts';
import { omitUndefined } from '../../../../omit-undefined.ts';
import { printable, shellWord } from '../../../../text.ts';
import type { RenewalJson, RenewJson, RenewLineJson } from '../../../json/runbeam/renewals.ts';
import { hintLine, type Style } from '../../../output/style.ts';
import { moment, said } from '../../time.ts';
import { countsJson, endJson, fleetText, outcomeJson, withLost, type FleetWords } from './report.ts';

const RENEWED: FleetWords = {
  one: 'machine token',
  many: 'machine tokens',
  done: 'renewed',
  otherwise: 'Where it did not go well the old token stays; a new one that was not delivered is kept, and delivered next time',
};

/** @param now - milliseconds */
export function presentRenewals(report: RenewReport, style: Style, now: number): string {
  const [first, ...others] = report.gateways;
  if (first === undefined) return 'No machine token is due';
  if (others.length === 0 && first.outcome !== 'left') return renewalLines(first, style, now).join('\n');
  return fleetText(report, RENEWED, style, now).join('\n');
}

function renewalLines({ instance, outcome, expiresAt = '', problem, hint }: Renewal, style: Style, now: number): string[] {
  const label = style.bold(printable(instance.label, 60));
  const why = problem === undefined ? '' : printable(said(problem, now), 300);
  if (outcome === 'renewed') return [style.done(`${label}  renewed; ends ${moment(expiresAt, now)}`)];
  if (outcome === 'delivered') {
    return [style.done(`${label}  got the token that was kept for it; ends ${moment(expiresAt, now)}`)];
  }
  if (outcome === 'undelivered') {
    return [
      style.warning(`${label}  not delivered: ${why}. The new token is kept, the old one stays`),
      hintLine({ command: `runbeam harmony:renew -l ${shellWord(instance.label)}` }),
    ];
  }
  const line = style.failed(`${label}  not renewed: ${why}. The old token stays`);
  return hint === undefined ? [line] : [line, hintLine(hint)];
}

export function renewJson(report: RenewReport): RenewJson {
  const { gateways, perhapsIssued } = report;
  return { ...renewEndJson(report), renewals: gateways.map((each) => withLost(renewalJson(each), each, perhapsIssued)) };
}

function renewEndJson(report: RenewReport): Omit<RenewJson, 'renewals'> {
  const counts = countsJson(report, ['renewed', 'delivered', 'undelivered', 'failed', 'left']);
  return { ...omitUndefined({ cloud: report.cloud }), counts, ...endJson(report) };
}

function renewalJson(renewal: Renewal): RenewalJson {
  return { ...outcomeJson(renewal), outcome: renewal.outcome };
}

/** The lines of `--jsonl`; that of a wait is the same as of `harmony:authorize`. */
export const renewLines = {
  gateway: (renewal: Renewal, done: number, total: number): RenewLineJson => ({
    event: 'gateway',
    done,
    total,
    ...renewalJson(renewal),
  }),
  end: (report: RenewReport): RenewLineJson => ({ event: 'end', ...renewEndJson(report) }),
};
