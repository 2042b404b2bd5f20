import * as v from 'valibot';
import { accountName } from './account.ts';

export const setupSchema = v.object({
  program: v.picklist(['git', 'docker', 'kube']),
  server: v.string(),
  account: accountName,
  /** The file, or the command that changes it. */
  place: v.string(),
  /** What stands there, or stood there. */
  lines: v.array(v.string()),
  /** `there`: nothing had to be written. `absent`: there was nothing to remove. */
  outcome: v.picklist(['written', 'there', 'removed', 'absent']),
  /** A command that puts it to use. */
  next: v.optional(v.string()),
});

export type SetupJson = v.InferOutput<typeof setupSchema>;
