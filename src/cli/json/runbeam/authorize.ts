/** What `runbeam harmony:authorize` and `runbeam token:get` print with `--json`. */
import * as v from 'valibot';
import { instanceSchema } from './instances.ts';

const problemSchema = v.object({ message: v.string(), hint: v.optional(v.string()) });

export const authorizeSchema = v.object({
  instance: instanceSchema,
  gateway: v.object({ id: v.string(), code: v.string(), name: v.string() }),
  /** RFC 3339. */
  expires_at: v.string(),
  /** Seconds. */
  expires_in: v.optional(v.number()),
  abilities: v.array(v.string()),
  authorized_by: v.optional(v.object({ name: v.string(), email: v.string() })),
  via: v.picklist(['cloud', 'harmony']),
  /** Whether the gateway was sent the instance's key; absent if it was not delivered. */
  key_sent: v.optional(v.boolean()),
  /** False: the machine token is kept for `--retry`, the exit code is 7 and `problem` says why. */
  delivered: v.boolean(),
  problem: v.optional(problemSchema),
  upload: v.object({
    status: v.picklist(['done', 'skipped', 'failed']),
    /** Bytes. */
    config_size: v.optional(v.number()),
    message: v.optional(v.string()),
    problem: v.optional(v.object({ code: v.string(), ...problemSchema.entries })),
  }),
});

/** The form that `RUNBEAM_MACHINE_TOKEN` takes. */
export const machineTokenSchema = v.object({
  machine_token: v.string(),
  /** RFC 3339. */
  expires_at: v.string(),
  gateway_id: v.string(),
  gateway_code: v.optional(v.string()),
  abilities: v.array(v.string()),
  issued_at: v.optional(v.string()),
});

export type AuthorizeJson = v.InferOutput<typeof authorizeSchema>;
