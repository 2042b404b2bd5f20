/** What `runbeam harmony:export` prints with `--json`. */
import * as v from 'valibot';
import { instanceSchema } from './instances.ts';

export const exportSchema = v.object({
  instance: instanceSchema,
  format: v.picklist(['env', 'docker', 'compose', 'k8s', 'ecs', 'vault', 'aws', 'azure']),
  /** There are secrets in it. */
  inline: v.boolean(),
  /** The file that it was written to. */
  path: v.optional(v.string()),
  /** All of it, where it went to no file. */
  text: v.optional(v.string()),
});

export type ExportJson = v.InferOutput<typeof exportSchema>;
