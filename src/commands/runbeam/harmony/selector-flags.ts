/** The flags that say which Harmony instance a command means. */
import * as Flags from '@oclif/core/flags';
import { omitUndefined } from '../../../omit-undefined.ts';
import type { Selector } from '../../../services/runbeam/instances.ts';

export const selectorFlags = {
  label: Flags.string({ char: 'l', helpValue: 'LABEL', summary: 'Label of the instance', exclusive: ['id'] }),
  id: Flags.string({ helpValue: 'ID', summary: 'Id of the instance, 8 hex digits', exclusive: ['label'] }),
};

/** The parsed selector flags without the ones that were not given. */
export function pickSelector(flags: {
  label?: string | undefined;
  id?: string | undefined;
  ip?: string | undefined;
  port?: number | undefined;
}): Selector {
  return omitUndefined({
    label: flags.label,
    id: flags.id,
    ip: flags.ip,
    port: flags.port,
  });
}
