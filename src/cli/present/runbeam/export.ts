import type { Put } from '../../../services/runbeam/engines/put.ts';
import type { RenewedTo } from '../../../services/runbeam/engines/renew-to.ts';
import type { Exported } from '../../../services/runbeam/export/export.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { printable } from '../../../text.ts';
import type { ExportJson, PutJson, RenewedToJson } from '../../json/runbeam/export.ts';
import type { Style } from '../../output/style.ts';
import { moment } from '../time.ts';
import { instanceJson } from './instances.ts';

/** Of what went to a file; what goes to standard output is the text itself. */
export function presentExport({ instance, format, inline, path }: Exported, style: Style): string {
  const what = `${format} of ${style.bold(printable(instance.label))} to ${printable(path ?? '', 1_000)}`;
  const done = style.done(`Wrote ${what}`);
  return inline ? `${done}\n${style.dim('There are secrets in it, and only you can read it')}` : done;
}

/** The text is in it only where it is nowhere else. */
export function exportJson({ instance, format, inline, text, path }: Exported): ExportJson {
  return omitUndefined({ instance: instanceJson(instance), format, inline, path, text: path === undefined ? text : undefined });
}

export function presentPut({ instance, target, where, fields, written }: Put, style: Style): string {
  const what = `${fields.join(', ')} of ${style.bold(printable(instance.label))}`;
  const place = `${printable(target)} (${printable(where)})`;
  return written ? style.done(`Wrote ${what} to ${place}`) : `${what}: all of it is in ${place} already`;
}

export function putJson({ instance, target, where, fields, written }: Put): PutJson {
  return { instance: instanceJson(instance), target, where, fields: [...fields], written };
}

/** @param now - milliseconds */
export function presentRenewedTo(
  { outcome, target, where, gatewayCode, instance, expiresAt }: RenewedTo,
  style: Style,
  now: number,
): string {
  const place = `${printable(target)} (${printable(where)})`;
  const ends = `ends ${moment(expiresAt, now)}`;
  if (outcome === 'not_due') return `No machine token is due: that in ${place} ${ends}`;
  const label = style.bold(printable(instance?.label ?? gatewayCode, 60));
  if (outcome === 'overtaken')
    return style.done(`${label}  another renewed the one in ${place} meanwhile, and that stays; ${ends}`);
  const what = outcome === 'renewed' ? 'renewed in' : 'the token that was kept for it is now in';
  return style.done(`${label}  ${what} ${place}; ${ends}`);
}

export function renewedToJson({ outcome, target, where, gatewayCode, instance, expiresAt }: RenewedTo): RenewedToJson {
  return omitUndefined({
    outcome,
    target,
    where,
    gateway_code: gatewayCode,
    instance: instance && instanceJson(instance),
    expires_at: expiresAt,
  });
}
