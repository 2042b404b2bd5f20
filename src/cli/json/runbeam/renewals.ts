/** What `runbeam harmony:renew` prints with `--json` and `--jsonl`. */
import * as v from 'valibot';
import { fleetSchema, waitLineSchema } from './fleet.ts';
import { instanceSchema } from './instances.ts';

const renewalSchema = v.object({
  instance: instanceSchema,
  /**
   * `delivered`: one that was kept from an earlier attempt reached the gateway. `undelivered`: a new one was issued and
   * is kept. `failed`: the old one stays. In these two `problem` says why. `left`: it was not begun, because the run was
   * interrupted or given up.
   */
  outcome: v.picklist(['renewed', 'delivered', 'undelivered', 'failed', 'left']),
  /** RFC 3339. */
  expires_at: v.optional(v.string()),
  problem: v.optional(v.object({ code: v.optional(v.string()), message: v.string(), hint: v.optional(v.string()) })),
});

const endSchema = v.object({
  /** The cloud that was asked; absent where one gateway is named, and where nothing was due. */
  cloud: v.optional(v.string()),
  counts: v.object({
    total: v.number(),
    renewed: v.number(),
    delivered: v.number(),
    undelivered: v.number(),
    failed: v.number(),
    left: v.number(),
    /** How often the cloud was asked and its answer was lost: so many tokens may have been issued that nobody has. */
    perhaps_issued: v.number(),
  }),
  ...v.pick(fleetSchema, ['interrupted', 'stopped', 'resume']).entries,
});

export const renewSchema = v.object({
  ...endSchema.entries,
  /** One for each machine token that was due. */
  renewals: v.array(
    v.object({
      ...renewalSchema.entries,
      /** As in `counts`, of this one; absent if none. */
      perhaps_issued: v.optional(v.number()),
    }),
  ),
});

/** A gateway, as soon as it is done with; a wait that the cloud asked for, in seconds; last the counts. */
export const renewLineSchema = v.union([
  v.object({ event: v.literal('gateway'), done: v.number(), total: v.number(), ...renewalSchema.entries }),
  waitLineSchema,
  v.object({ event: v.literal('end'), ...endSchema.entries }),
]);

export type RenewalJson = v.InferOutput<typeof renewalSchema>;
export type RenewJson = v.InferOutput<typeof renewSchema>;
export type RenewLineJson = v.InferOutput<typeof renewLineSchema>;
