/** What `runbeam harmony:export`, and `harmony:renew` with `--to`, print with `--json`. */
import * as v from 'valibot';
import { instanceSchema } from './instances.ts';

const textSchema = v.object({
  instance: instanceSchema,
  format: v.picklist(['env', 'docker', 'compose', 'k8s', 'ecs', 'vault', 'aws', 'azure']),
  /** There are secrets in it. */
  inline: v.boolean(),
  /** The file that it was written to. */
  path: v.optional(v.string()),
  /** All of it, where it went to no file. */
  text: v.optional(v.string()),
});

const putSchema = v.object({
  instance: instanceSchema,
  /** As `--to` named it. */
  target: v.string(),
  /** The engine's server, context or account. */
  where: v.string(),
  fields: v.array(v.string()),
  /** False: all of it was there. */
  written: v.boolean(),
});

/** The second with `--to`. */
export const exportSchema = v.union([textSchema, putSchema]);

export const renewedToSchema = v.object({
  /**
   * `delivered`: one that was kept from an earlier attempt is there now. `overtaken`: another renewed it meanwhile, and theirs stays.
   */
  outcome: v.picklist(['not_due', 'renewed', 'delivered', 'overtaken']),
  /** As `--to` named it. */
  target: v.string(),
  /** The engine's server, context or account. */
  where: v.string(),
  gateway_code: v.string(),
  /** Absent: it is not registered here. */
  instance: v.optional(instanceSchema),
  /** RFC 3339: of the token that is there now. */
  expires_at: v.string(),
});

export type RenewedToJson = v.InferOutput<typeof renewedToSchema>;
export type PutJson = v.InferOutput<typeof putSchema>;
export type ExportJson = v.InferOutput<typeof textSchema>;
