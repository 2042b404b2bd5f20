import type {
  HarmonyInfo,
  HarmonyPipeline,
  HarmonyReload,
  HarmonyRoute,
  HarmonyUpdate,
} from '../../../runbeam/harmony-answers.ts';
import type { FromGateway } from '../../../services/runbeam/gateway.ts';
import { printable } from '../../../text.ts';
import type {
  HarmonyPipelinesJson,
  HarmonyReloadJson,
  HarmonyRoutesJson,
  HarmonyUpdateJson,
} from '../../json/runbeam/gateway.ts';
import type { Style } from '../../output/style.ts';
import { omitUndefined } from '../../../omit-undefined.ts';

export function presentInfo({ instance, answer }: FromGateway<HarmonyInfo>, style: Style): string {
  return style.pairs([
    ['instance', `${printable(instance.label)} (${printable(instance.id)})`],
    ['version', printable(answer.version)],
    ['uptime', typeof answer.uptime === 'number' ? seconds(answer.uptime) : printable(answer.uptime)],
    ['os', printable(answer.os)],
    ['arch', printable(answer.arch)],
  ]);
}

export function presentPipelines({ answer }: FromGateway<readonly HarmonyPipeline[]>, style: Style): string {
  if (answer.length === 0) return 'This gateway has no pipelines';
  const rows = answer.map((pipeline) => [
    printable(pipeline.id),
    printable(pipeline.description, 60),
    list(pipeline.networks),
    list(pipeline.endpoints),
    list(pipeline.backends),
    list(pipeline.middleware),
  ]);
  return style.table(rows, ['ID', 'DESCRIPTION', 'NETWORKS', 'ENDPOINTS', 'BACKENDS', 'MIDDLEWARE']);
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
  return done(`Reloaded ${style.bold(printable(instance.label))}`, answer.message, style);
}

export function presentUpdate({ instance, answer }: FromGateway<HarmonyUpdate>, style: Style): string {
  const size = answer.config_size === undefined ? '' : ` (${answer.config_size} bytes)`;
  return done(`Uploaded the configuration of ${style.bold(printable(instance.label))}${size}`, answer.message, style);
}

export function pipelinesJson({ answer }: FromGateway<readonly HarmonyPipeline[]>): HarmonyPipelinesJson {
  return { pipelines: [...answer] };
}

export function routesJson({ answer }: FromGateway<readonly HarmonyRoute[]>): HarmonyRoutesJson {
  return { routes: [...answer] };
}

export function reloadJson({ answer }: FromGateway<HarmonyReload>): HarmonyReloadJson {
  return omitUndefined({ reloaded: true, message: answer.message });
}

export function updateJson({ answer }: FromGateway<HarmonyUpdate>): HarmonyUpdateJson {
  return omitUndefined({
    updated: true,
    config_size: answer.config_size,
    message: answer.message,
  });
}

function done(line: string, message: string | undefined, style: Style): string {
  return `${style.green('✓')} ${line}${message === undefined ? '' : `\n${style.dim(printable(message))}`}`;
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '-' : printable(items.join(','), 80);
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
