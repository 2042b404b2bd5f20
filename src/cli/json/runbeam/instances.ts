/** What `runbeam harmony:add|list|remove` and the key commands print with `--json`. */
import * as v from 'valibot';

export const instanceSchema = v.object({
  id: v.string(),
  ip: v.string(),
  port: v.number(),
  label: v.string(),
  path_prefix: v.string(),
  gateway_id: v.optional(v.string()),
});

export const instanceAnswerSchema = v.object({ instance: instanceSchema });

const keptSchema = v.array(v.picklist(['key', 'token', 'undelivered']));

export const removedSchema = v.object({
  id: v.string(),
  /** Absent if it was in the list no more. */
  instance: v.optional(instanceSchema),
  /** What is still there of it: its age key, its machine token, a machine token that was not delivered. */
  kept: keptSchema,
  purged: keptSchema,
});

export const instanceListSchema = v.object({ instances: v.array(instanceSchema) });

export const keySchema = v.object({
  instance: instanceSchema,
  /** The public half of the key. */
  recipient: v.string(),
  source: v.picklist(['env', 'file']),
  /** Base64 of the identity line; only with `--reveal`. */
  secret: v.optional(v.string()),
});

export const rotatedKeySchema = v.object({
  instance: instanceSchema,
  /** `undelivered`: the exit code is 7, and the same command goes on. */
  state: v.picklist(['rotated', 'undelivered', 'finished', 'aborted']),
  /** The public half of the key that is in force. */
  recipient: v.string(),
  /** That of the key before, while it is kept. */
  previous: v.optional(v.string()),
  /** RFC 3339, of the machine token that was issued now. */
  expires_at: v.optional(v.string()),
  problem: v.optional(v.object({ message: v.string(), hint: v.optional(v.string()) })),
});

export type RotatedKeyJson = v.InferOutput<typeof rotatedKeySchema>;
export type InstanceJson = v.InferOutput<typeof instanceSchema>;
export type InstanceAnswerJson = v.InferOutput<typeof instanceAnswerSchema>;
export type RemovedJson = v.InferOutput<typeof removedSchema>;
export type InstanceListJson = v.InferOutput<typeof instanceListSchema>;
export type KeyJson = v.InferOutput<typeof keySchema>;
