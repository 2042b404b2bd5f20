import type { Put } from '../../../services/runbeam/engines/put.ts';
import type { Exported } from '../../../services/runbeam/export/export.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { printable } from '../../../text.ts';
import type { ExportJson, PutJson } from '../../json/runbeam/export.ts';
import type { Style } from '../../output/style.ts';
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
