/** What `harmony:list` and `harmony:status` show. */
import { omitUndefined } from '../../../omit-undefined.ts';
import type { GatewayStatus } from '../../../services/runbeam/gateways/list-gateways.ts';
import { printable } from '../../../text.ts';
import type { InstanceListJson } from '../../json/runbeam/instances.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { moment, relativeMoment } from '../time.ts';
import { instanceJson } from './instances.ts';

/** @param now - milliseconds */
export function presentGateways(gateways: readonly GatewayStatus[], style: Style, now: number): string {
  if (gateways.length === 0) return `No gateway is registered\n${hintLine({ command: 'runbeam harmony:add -l LABEL' })}`;
  const isChecked = gateways.some(({ check }) => check !== undefined);
  const rows = gateways.map((gateway) => [
    printable(gateway.instance.label),
    printable(gateway.url ?? `${gateway.instance.ip} port ${gateway.instance.port}`),
    ...(isChecked ? [answer(gateway, style)] : [gateway.seen === undefined ? '-' : relativeMoment(gateway.seen.at, now)]),
    authorized(gateway, style, now),
    gateway.keyConfigured ? 'given' : '-',
    printable(gateway.instance.id),
  ]);
  const table = style.table(rows, ['LABEL', 'ADDRESS', isChecked ? 'ANSWERS' : 'LAST SEEN', 'AUTHORIZED', 'KEY', 'ID']);
  const problems = gateways.flatMap(({ instance, check }) =>
    check?.problem === undefined
      ? []
      : [style.warning(`${printable(instance.label, 60)}: ${printable(check.problem.message, 300)}`)],
  );
  return [table, ...problems].join('\n');
}

function answer({ check }: GatewayStatus, style: Style): string {
  if (check?.info === undefined) return style.red('no');
  return style.green(printable(check.info.version, 20));
}

/** The token of a gateway that was removed from the cloud is still here: nothing is said of the cloud. */
function authorized({ token, authorizedUntil, renew }: GatewayStatus, style: Style, now: number): string {
  if (token === 'undelivered') return style.yellow('not delivered');
  if (token === undefined) return '-';
  if (authorizedUntil === undefined) return 'yes';
  const isOver = Date.parse(authorizedUntil) <= now;
  const when = relativeMoment(authorizedUntil, now);
  if (isOver) return style.red(`ended ${when}`);
  return `ends ${when}${renew === 'auto' ? ', auto' : ''}`;
}

/** One is shown in full, several as a list. */
export function presentStatus(gateways: readonly GatewayStatus[], style: Style, now: number): string {
  const [gateway] = gateways;
  if (gateway === undefined || gateways.length > 1) return presentGateways(gateways, style, now);
  const { instance, check } = gateway;
  const head = `${style.bold(printable(instance.label))} (${printable(instance.id)})`;
  const said = check?.problem === undefined ? style.done(`${head} answers`) : style.failed(`${head} does not answer`);
  const text = [
    said,
    style.pairs([
      ['address', printable(gateway.url ?? instance.ip)],
      ...(check?.info === undefined ? [lastSeen(gateway, now)] : [['version', printable(check.info.version, 40)] as const]),
      ['machine token', tokenLine(gateway, now)],
      ['key', gateway.keyConfigured ? 'given to the instance' : undefined],
      ['transport', transport(gateway)],
      ['problem', check?.problem && printable(check.problem.message, 300)],
    ]),
  ];
  return [...text, ...(check?.problem?.hint === undefined ? [] : [hintLine(check.problem.hint)])].join('\n');
}

function lastSeen({ seen }: GatewayStatus, now: number): readonly [string, string | undefined] {
  return ['last seen', seen && moment(seen.at, now)];
}

/** When the machine token that is here ends; undefined where there is none. */
export function tokenLine({ token, authorizedUntil, renew }: GatewayStatus, now: number): string | undefined {
  const renewed = renew === 'auto' ? ', to be renewed by the agent' : '';
  if (token === 'undelivered') return 'issued, and not delivered: harmony:authorize --retry';
  if (token === undefined) return undefined;
  if (authorizedUntil === undefined) return 'stored by another program, sealed to its key';
  const isOver = Date.parse(authorizedUntil) <= now;
  return `${isOver ? 'ended' : 'ends'} ${moment(authorizedUntil, now)}${renewed}`;
}

function transport({ plaintext, ownCa, unreadable }: GatewayStatus): string | undefined {
  if (unreadable === true) return 'only https: its settings cannot be read';
  if (plaintext === true) return 'plain http, as was allowed';
  return ownCa === true ? 'https, with a CA of its own' : undefined;
}

export function gatewayListJson(gateways: readonly GatewayStatus[]): InstanceListJson {
  return { instances: gateways.map(gatewayJson) };
}

/** Each member by its name: to spread one object into another takes ten times as long, which very many show. */
function gatewayJson(known: GatewayStatus): InstanceListJson['instances'][number] {
  const { instance, check, seen } = known;
  const { id, ip, port, label, path_prefix, gateway_id } = instanceJson(instance);
  return omitUndefined({
    id,
    ip,
    port,
    label,
    path_prefix,
    gateway_id,
    url: known.url,
    token: known.token,
    authorized_until: known.authorizedUntil,
    key_configured: known.keyConfigured,
    last_seen: seen?.at,
    version: check?.info?.version ?? seen?.version,
    renew: known.renew,
    plaintext: known.plaintext,
    own_ca: known.ownCa,
    settings_unreadable: known.unreadable,
    answers: check && check.problem === undefined,
    problem: check?.problem?.toJSON(),
  });
}
