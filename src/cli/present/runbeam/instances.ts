import type { ShownKey } from '../../../services/runbeam/keys.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { printable } from '../../../text.ts';
import type { InstanceAnswerJson, InstanceJson, InstanceListJson, KeyJson } from '../../json/runbeam/instances.ts';
import type { Style } from '../../output/style.ts';
import { omitUndefined } from '../../../omit-undefined.ts';

export function presentAdded(instance: Instance, style: Style): string {
  return [
    `${style.green('✓')} Added ${style.bold(printable(instance.label))}`,
    presentInstance(instance, style),
    style.dim(`Authorize it with: runbeam harmony:authorize --id ${printable(instance.id)}`),
  ].join('\n');
}

export function presentRemoved(instance: Instance, style: Style): string {
  const kept = style.dim('Its key and tokens stay in its folder, should it be added again');
  return `${style.green('✓')} Removed ${style.bold(printable(instance.label))} (${printable(instance.id)})\n${kept}`;
}

export function presentInstances(instances: readonly Instance[], style: Style): string {
  if (instances.length === 0) return 'No Harmony instance is registered. Add one with: runbeam harmony:add -l LABEL';
  const rows = instances.map((instance) =>
    [instance.id, instance.label, instance.ip, String(instance.port), instance.pathPrefix, instance.gatewayId ?? '-'].map(
      (cell) => printable(cell),
    ),
  );
  return style.table(rows, ['ID', 'LABEL', 'IP', 'PORT', 'PREFIX', 'GATEWAY']);
}

export function presentKey(key: ShownKey, style: Style): string {
  return style.pairs([
    ['instance', `${printable(key.instance.label)} (${printable(key.instance.id)})`],
    ['recipient', key.recipient],
    ['source', key.source === 'env' ? 'RUNBEAM_ENCRYPTION_KEY' : 'key file'],
    ['secret', key.secret?.reveal()],
  ]);
}

export function presentKeyDeleted(instance: Instance, style: Style): string {
  const label = printable(instance.label);
  return `${style.green('✓')} Deleted the key of ${style.bold(label)}\n${style.dim(
    'A new one is made at the next authorization',
  )}`;
}

function presentInstance(instance: Instance, style: Style): string {
  return style.pairs([
    ['id', printable(instance.id)],
    ['address', `${printable(instance.ip)} port ${instance.port}`],
    ['prefix', printable(instance.pathPrefix)],
  ]);
}

export function instanceJson(instance: Instance): InstanceJson {
  const { id, ip, port, label, pathPrefix, gatewayId } = instance;
  return omitUndefined({ id, ip, port, label, path_prefix: pathPrefix, gateway_id: gatewayId });
}

export function instanceAnswerJson(instance: Instance): InstanceAnswerJson {
  return { instance: instanceJson(instance) };
}

export function instanceListJson(instances: readonly Instance[]): InstanceListJson {
  return { instances: instances.map(instanceJson) };
}

export function keyJson(key: ShownKey): KeyJson {
  const { instance, recipient, source, secret } = key;
  return omitUndefined({
    instance: instanceJson(instance),
    recipient,
    source,
    secret: secret?.reveal(),
  });
}
