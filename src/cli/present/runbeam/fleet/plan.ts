/** What `harmony:authorize --file` would do (`--plan`), and what it has done of the entries of the file. */
import type { FileReport } from '../../../../services/runbeam/fleet/authorize-file.ts';
import type { Difference, FilePlan, PlannedGateway } from '../../../../services/runbeam/fleet/file-plan.ts';
import { omitUndefined } from '../../../../omit-undefined.ts';
import { printable, shellWord, shortList } from '../../../../text.ts';
import type { FleetJson } from '../../../json/runbeam/fleet.ts';
import type { FleetPlanJson, PlannedJson } from '../../../json/runbeam/fleet-plan.ts';
import { hintLine, type Style } from '../../../output/style.ts';
import { moment } from '../../time.ts';
import { instanceJson } from '../instances.ts';

type Entry = PlannedJson['entry'];

function entryOf({ instance, changes }: PlannedGateway): Entry {
  if (instance === undefined) return 'add';
  return changes.length > 0 ? 'edit' : 'keep';
}

const isUntouched = (planned: PlannedGateway): boolean => entryOf(planned) === 'keep' && planned.token === 'keep';

function countsOf({ gateways }: FilePlan): FleetPlanJson['counts'] {
  const entries = (entry: Entry): number => gateways.filter((planned) => entryOf(planned) === entry).length;
  const tokens = (token: PlannedGateway['token']): number => gateways.filter((planned) => planned.token === token).length;
  return {
    total: gateways.length,
    added: entries('add'),
    edited: entries('edit'),
    authorized: tokens('authorize'),
    renewed: tokens('renew'),
    delivered: tokens('deliver'),
    untouched: gateways.filter(isUntouched).length,
  };
}

/** Those that are to be left as they are, are only counted. @param now - milliseconds */
export function presentPlan(plan: FilePlan, style: Style, now: number): string {
  const { added, edited, authorized, renewed, delivered, untouched } = countsOf(plan);
  const rows = plan.gateways
    .filter((planned) => !isUntouched(planned))
    .map((planned) => [printable(planned.label, 60), entryText(planned, style), tokenText(planned, style, now)]);
  const counted = (
    [
      [added, 'to add'],
      [edited, 'to edit'],
      [authorized, 'to authorize'],
      [renewed, 'to renew'],
      [delivered, 'to be brought a kept token'],
      [untouched, 'untouched'],
    ] as const
  ).flatMap(([count, what]) => (count === 0 ? [] : [`${String(count)} ${what}`]));
  const isIdle = rows.length === 0;
  return [
    ...(isIdle ? [] : [style.table(rows, ['GATEWAY', 'ENTRY', 'TOKEN'])]),
    isIdle ? style.done(`All is as the file says: ${counted.join(', ')}`) : `${counted.join(', ')}. Nothing was changed`,
    ...othersLines(plan),
    ...(isIdle ? [] : [hintLine({ command: `runbeam harmony:authorize --file ${shellWord(plan.file)}` })]),
  ].join('\n');
}

function othersLines({ others }: FilePlan): string[] {
  if (others.length === 0) return [];
  const labels = others.map(({ label }) => printable(label, 60));
  return [`Registered, not in the file, and left as they are: ${shortList(labels, 'counted')}`];
}

function entryText({ instance, target, changes }: PlannedGateway, style: Style): string {
  const differences = changes.map(differenceText).join(', ');
  if (instance === undefined) {
    const host = target.ip.includes(':') ? `[${target.ip}]` : target.ip;
    const address = printable(`${host}:${String(target.port)}/${target.pathPrefix}`, 200);
    return style.green(`add ${address}${differences === '' ? '' : `, ${differences}`}`);
  }
  return differences === '' ? '-' : style.yellow(`edit ${differences}`);
}

function differenceText({ name, from, to }: Difference): string {
  const [before, after] = [from, to].map((text) => (text === undefined ? undefined : printable(text, 100)));
  if (before === undefined) return `${name} ${after ?? ''}`;
  return after === undefined ? `no ${name}` : before === after ? `another ${name}` : `${name} ${before} to ${after}`;
}

function tokenText({ token, expiresAt, via }: PlannedGateway, style: Style, now: number): string {
  const ends = expiresAt === undefined ? '' : `, ends ${moment(expiresAt, now)}`;
  const handed = via === 'harmony' ? ', handed your session' : '';
  if (token === 'keep') return `-${ends.replace(',', '')}`;
  const said = { authorize: 'authorize', renew: `renew${ends}`, deliver: 'deliver the kept one' }[token];
  return style.green(`${said}${handed}`);
}

export function planJson(plan: FilePlan): FleetPlanJson {
  return {
    plan: true,
    path: plan.path,
    counts: countsOf(plan),
    gateways: plan.gateways.map(plannedJson),
    not_in_file: plan.others.map(instanceJson),
  };
}

function plannedJson(planned: PlannedGateway): PlannedJson {
  const { label, line, instance, changes, token, via, expiresAt } = planned;
  return omitUndefined({
    label,
    line,
    entry: entryOf(planned),
    instance: instance && instanceJson(instance),
    changes: changes.map(({ name, from, to }) => omitUndefined({ name, from, to })),
    token,
    via,
    expires_at: expiresAt,
  });
}

/** What was done of the entries, in a line, and what is not in the file. */
export function fileLines({ plan }: FileReport, style: Style): string[] {
  const { added, edited } = countsOf(plan);
  const notDue = plan.gateways.filter(({ token }) => token === 'keep').length;
  const said = [
    ...(added === 0 ? [] : [`${String(added)} added`]),
    ...(edited === 0 ? [] : [`${String(edited)} edited`]),
    ...(notDue === 0 ? [] : [`${String(notDue)} with a machine token that is not due, and not authorized again`]),
  ];
  return [...(said.length === 0 ? [] : [style.done(said.join(', '))]), ...othersLines(plan)];
}

export function fileJson({ plan }: FileReport): NonNullable<FleetJson['file']> {
  const { added, edited } = countsOf(plan);
  return {
    path: plan.path,
    added,
    edited,
    not_due: plan.gateways.filter(({ token }) => token === 'keep').length,
    not_in_file: plan.others.map(({ label }) => label),
  };
}
