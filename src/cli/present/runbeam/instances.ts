import type { ShownKey } from '../../../services/keys/keys.ts';
import type { Removed } from '../../../services/runbeam/gateways/instances.ts';
import type { Kept } from '../../../store/instances/instance-files.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { printable } from '../../../text.ts';
import type { InstanceAnswerJson, InstanceJson, KeyJson, RemovedJson } from '../../json/runbeam/instances.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { omitUndefined } from '../../../omit-undefined.ts';

const KEPT: Readonly<Record<Kept, string>> = {
  key: 'its key',
  token: 'its machine token',
  undelivered: 'a machine token that was not delivered',
};

const SOURCES: Readonly<Record<ShownKey['source'], string>> = {
  env: 'RUNBEAM_ENCRYPTION_KEY',
  file: 'key file',
  keyring: 'sealed to the OS keyring',
};

const named = (kept: readonly Kept[]): string => kept.map((kind) => KEPT[kind]).join(', ');

export function presentRemoved({ id, instance, kept, purged }: Removed, style: Style): string {
  const what = instance === undefined ? style.bold(printable(id)) : `${style.bold(printable(instance.label))} (${printable(id)})`;
  return [
    style.done(`Removed ${what}`),
    ...(purged.length === 0 ? [] : [style.dim(`Removed with it: ${named(purged)}`)]),
    ...(kept.length === 0
      ? []
      : [`Still here: ${named(kept)}`, hintLine({ command: `runbeam harmony:remove --id ${id} --purge` })]),
    ...(kept.length + purged.length === 0 || instance?.gatewayId === undefined
      ? []
      : [style.dim('The gateway goes on with the machine token that it has until that expires')]),
  ].join('\n');
}

export function removedJson({ id, instance, kept, purged }: Removed): RemovedJson {
  const left = [...kept];
  const gone = [...purged];
  return omitUndefined({ id, instance: instance && instanceJson(instance), kept: left, purged: gone });
}

export function presentKey(key: ShownKey, style: Style): string {
  return style.pairs([
    ['instance', `${printable(key.instance.label)} (${printable(key.instance.id)})`],
    ['recipient', key.recipient],
    ['source', SOURCES[key.source]],
    ['secret', key.secret?.reveal()],
  ]);
}

export function presentKeySet(key: ShownKey, style: Style): string {
  return `${style.done(`Set the key of ${style.bold(printable(key.instance.label))}`)}\n${presentKey(key, style)}`;
}

export function presentKeyDeleted(instance: Instance, style: Style): string {
  const label = printable(instance.label);
  return `${style.done(`Deleted the key of ${style.bold(label)}`)}\n${style.dim('A new one is made at the next authorization')}`;
}

export function instanceJson(instance: Instance): InstanceJson {
  const { id, ip, port, label, pathPrefix, gatewayId } = instance;
  return omitUndefined({ id, ip, port, label, path_prefix: pathPrefix, gateway_id: gatewayId });
}

export function instanceAnswerJson(instance: Instance): InstanceAnswerJson {
  return { instance: instanceJson(instance) };
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
