/** What `runbeam harmony:authorize` prints of many gateways with `--json` and `--jsonl`. */
import * as v from 'valibot';
import { errorValue } from '../parts/values.ts';
import { instanceSchema } from './instances.ts';

const gatewaySchema = v.object({
  instance: instanceSchema,
  /**
   * `undelivered`: a machine token was issued and is kept; the gateway does not have it. `failed`: it got none. `left`: it was
   * not begun, because the run was interrupted or given up. In the first two `problem` says why.
   */
  outcome: v.picklist(['authorized', 'undelivered', 'failed', 'left']),
  /** RFC 3339. */
  expires_at: v.optional(v.string()),
  problem: v.optional(v.object({ code: v.optional(v.string()), message: v.string(), hint: v.optional(v.string()) })),
});

const countsSchema = v.object({
  total: v.number(),
  authorized: v.number(),
  undelivered: v.number(),
  failed: v.number(),
  left: v.number(),
  /** How often the cloud was asked and its answer was lost: so many tokens may have been issued that nobody has. */
  perhaps_issued: v.number(),
});

export const fleetSchema = v.object({
  /** The cloud that was asked; absent where nobody had to be. */
  cloud: v.optional(v.string()),
  counts: countsSchema,
  interrupted: v.boolean(),
  /** Why the run was given up; absent if it was not. */
  stopped: v.optional(errorValue),
  /** What goes on with what is not done; absent if all is. */
  resume: v.optional(v.string()),
  /** With `--file`: what became of its entries. */
  file: v.optional(
    v.object({
      path: v.string(),
      added: v.number(),
      edited: v.number(),
      /** Those whose machine token is not due: they were not authorized again. */
      not_due: v.number(),
      /** Labels of those that are registered and not in the file. */
      not_in_file: v.array(v.string()),
    }),
  ),
  gateways: v.array(
    v.object({
      ...gatewaySchema.entries,
      /** As in `counts`, of this one; absent if none. */
      perhaps_issued: v.optional(v.number()),
    }),
  ),
});

/** All wait, for so many seconds: the cloud asked for it. */
export const waitLineSchema = v.object({ event: v.literal('wait'), seconds: v.number() });

/** A gateway, as soon as it is done with; a wait that the cloud asked for, in seconds; last the counts. */
export const fleetLineSchema = v.union([
  v.object({ event: v.literal('gateway'), done: v.number(), total: v.number(), ...gatewaySchema.entries }),
  waitLineSchema,
  v.object({ event: v.literal('end'), ...v.omit(fleetSchema, ['gateways']).entries }),
]);

export type FleetGatewayJson = v.InferOutput<typeof gatewaySchema>;
export type FleetJson = v.InferOutput<typeof fleetSchema>;
export type FleetLineJson = v.InferOutput<typeof fleetLineSchema>;
