import type { HarmonyPipeline, HarmonyReload, HarmonyRoute, HarmonyUpdate } from '../../../runbeam/harmony-answers.ts';
import type { FromGateway, GatewayInfo } from '../../../services/runbeam/gateways/gateway.ts';
import { counted, printable } from '../../../text.ts';
import type {
  HarmonyInfoJson,
  HarmonyPipelinesJson,
  HarmonyReloadJson,
  HarmonyRoutesJson,
  HarmonyUpdateJson,
} from '../../json/runbeam/gateway.ts';
import { tokenLine } from './gateways.ts';
import type { Style } from '../../output/style.ts';
import { omitUndefined } from '../../../omit-undefined.ts';

/** @param now - milliseconds */
export function presentInfo({ instance, answer, known }: GatewayInfo, style: Style, now: number): string {
  return style.pairs([
    ['instance', `${printable(instance.label)} (${printable(instance.id)})`],
    ['version', printable(answer.version)],
    ['uptime', uptime(answer.uptime)],
    ['os', printable(answer.os)],
    ['arch', printable(answer.arch)],
    ['machine token', tokenLine(known, now) ?? 'none here'],
  ]);
}

export function infoJson({ answer, known }: GatewayInfo): HarmonyInfoJson {
  return omitUndefined({ ...answer, token: known.token, token_expires_at: known.authorizedUntil });
}

export function presentPipelines({ answer }: FromGateway<readonly HarmonyPipeline[]>, style: Style): string {
  if (answer.length === 0) return 'This gateway has no pipelines';
  const sided = answer.some(({ middleware_left: left, middleware_right: right }) => left !== undefined || right !== undefined);
  const rows = answer.map((pipeline) => [
    printable(pipeline.id),
    printable(pipeline.description, 60),
    list(pipeline.networks),
    list(pipeline.endpoints),
    list(pipeline.backends),
    ...(sided
      ? [list(pipeline.middleware_left ?? pipeline.middleware), list(pipeline.middleware_right ?? [])]
      : [list(pipeline.middleware)]),
  ]);
  const middleware = sided ? ['MIDDLEWARE LEFT', 'MIDDLEWARE RIGHT'] : ['MIDDLEWARE'];
  return style.table(rows, ['ID', 'DESCRIPTION', 'NETWORKS', 'ENDPOINTS', 'BACKENDS', ...middleware]);
}

export function presentRoutes({ answer }: FromGateway<readonly HarmonyRoute[]>, style: Style): string {
  if (answer.length === 0) return 'This gateway has no routes';
  const rows = answer.map((route) => [
    printable(route.path),
    list(route.methods),
    printable(route.endpoint_name),
    printable(route.service_type),
    printable(route.pipeline),
    printable(route.description, 60),
  ]);
  return style.table(rows, ['PATH', 'METHODS', 'ENDPOINT', 'TYPE', 'PIPELINE', 'DESCRIPTION']);
}

export function presentReload({ instance, answer }: FromGateway<HarmonyReload>, style: Style): string {
  const { message, diff = {}, restarted_networks } = answer;
  return [
    done(`Reloaded ${style.bold(printable(instance.label))}`, message, style),
    ...named('In force without a restart', diff.zero_downtime_changes),
    ...named('A restart is needed for', diff.adapter_restarts_required),
    ...named('Networks restarted', restarted_networks),
  ].join('\n');
}

const named = (what: string, names: readonly string[] = []): string[] =>
  names.length === 0 ? [] : [`${what}: ${printable(names.join(', '), 300)}`];

export function presentUpdate({ instance, answer }: FromGateway<HarmonyUpdate>, style: Style): string {
  const size = answer.config_size === undefined ? '' : ` (${answer.config_size} bytes)`;
  const head = done(`Uploaded the configuration of ${style.bold(printable(instance.label))}${size}`, answer.message, style);
  const counts = [
    ...maybeCounted(answer.pipeline_count, 'pipeline'),
    ...maybeCounted(answer.transform_count, 'transform'),
    ...maybeCounted(answer.mesh_count, 'mesh', 'meshes'),
  ];
  return counts.length === 0 ? head : `${head}\n${style.dim(`In it: ${counts.join(', ')}`)}`;
}

function maybeCounted(count: number | undefined, ...what: [one: string, many?: string]): string[] {
  return count === undefined ? [] : [counted(count, ...what)];
}

export function pipelinesJson({ answer }: FromGateway<readonly HarmonyPipeline[]>): HarmonyPipelinesJson {
  return { pipelines: [...answer] };
}

export function routesJson({ answer }: FromGateway<readonly HarmonyRoute[]>): HarmonyRoutesJson {
  return { routes: [...answer] };
}

export function reloadJson({ answer }: FromGateway<HarmonyReload>): HarmonyReloadJson {
  const { message, diff, restarted_networks } = answer;
  return omitUndefined({ reloaded: true, message, ...diff, restarted_networks });
}

export function updateJson({ answer }: FromGateway<HarmonyUpdate>): HarmonyUpdateJson {
  return omitUndefined({
    updated: true,
    config_size: answer.config_size,
    pipeline_count: answer.pipeline_count,
    transform_count: answer.transform_count,
    mesh_count: answer.mesh_count,
    message: answer.message,
  });
}

function done(line: string, message: string | undefined, style: Style): string {
  return `${style.done(line)}${message === undefined ? '' : `\n${style.dim(printable(message))}`}`;
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '-' : printable(items.join(','), 80);
}

/** Ten years: more is no duration but the time of day, which gateways up to 0.12 answer. */
const LONGEST_UPTIME = 10 * 365 * 86_400;

function uptime(value: number | string): string | undefined {
  const total = typeof value === 'number' ? value : /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : NaN;
  if (Number.isNaN(total)) return printable(String(value));
  return total > LONGEST_UPTIME ? undefined : seconds(total);
}

/** `1d 2h 3m`, or seconds below a minute. */
function seconds(total: number): string {
  if (!(total >= 60)) return `${Math.max(0, Math.floor(total))}s`;
  const parts = [
    [Math.floor(total / 86_400), 'd'],
    [Math.floor((total % 86_400) / 3_600), 'h'],
    [Math.floor((total % 3_600) / 60), 'm'],
  ] as const;
  return parts.flatMap(([count, unit]) => (count > 0 ? [`${count}${unit}`] : [])).join(' ');
}
