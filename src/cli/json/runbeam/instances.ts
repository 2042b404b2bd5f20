/** What `runbeam harmony:add|list|remove` and the key commands print with `--json`. */
import * as v from 'valibot';
import { errorValue } from '../parts/values.ts';

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

/** What `harmony:add` and `harmony:edit` print. */
export const registeredSchema = v.object({
  instance: instanceSchema,
  /** What the gateway said of itself; absent if it was not asked or did not answer. */
  found: v.optional(
    v.object({
      version: v.string(),
      path_prefix: v.string(),
      /** It takes machine tokens: 0.12 does, and 0.4 can only be handed the user's session. */
      takes_tokens: v.boolean(),
    }),
  ),
  problem: v.optional(errorValue),
});

export const instanceListSchema = v.object({
  instances: v.array(
    v.object({
      ...instanceSchema.entries,
      /** Where its management API is; absent for an address that must not be called. */
      url: v.optional(v.string()),
      /** A machine token is here, or one that was issued and not delivered. */
      token: v.optional(v.picklist(['stored', 'undelivered'])),
      /** RFC 3339: when the stored machine token ends. Absent where another program wrote it. */
      authorized_until: v.optional(v.string()),
      /** Its key was given to it, and goes along with a machine token. */
      key_configured: v.boolean(),
      /** RFC 3339: when it last answered. */
      last_seen: v.optional(v.string()),
      /** What it said then. */
      version: v.optional(v.string()),
      renew: v.optional(v.picklist(['auto', 'off'])),
      /** Plain http to another machine is allowed for it. */
      plaintext: v.optional(v.literal(true)),
      /** A CA of its own is trusted. */
      own_ca: v.optional(v.literal(true)),
      /** Its settings cannot be read: only https is spoken to it. */
      settings_unreadable: v.optional(v.literal(true)),
      /** Only where it was asked. */
      answers: v.optional(v.boolean()),
      problem: v.optional(errorValue),
    }),
  ),
});

export const keySchema = v.object({
  instance: instanceSchema,
  /** The public half of the key. */
  recipient: v.string(),
  /** `keyring`: sealed to the OS keyring. */
  source: v.picklist(['env', 'file', 'keyring']),
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
  /** After `--abort`: a machine token is kept for the gateway, which may have it or not. */
  token_kept: v.optional(v.literal(true)),
  /** RFC 3339, of the machine token that was issued now. */
  expires_at: v.optional(v.string()),
  problem: v.optional(v.object({ message: v.string(), hint: v.optional(v.string()) })),
});

export type RotatedKeyJson = v.InferOutput<typeof rotatedKeySchema>;
export type InstanceJson = v.InferOutput<typeof instanceSchema>;
export type InstanceAnswerJson = v.InferOutput<typeof instanceAnswerSchema>;
export type RemovedJson = v.InferOutput<typeof removedSchema>;
export type RegisteredJson = v.InferOutput<typeof registeredSchema>;
export type InstanceListJson = v.InferOutput<typeof instanceListSchema>;
export type KeyJson = v.InferOutput<typeof keySchema>;
