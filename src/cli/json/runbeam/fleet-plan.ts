/** What `runbeam harmony:authorize --file --plan` prints with `--json`. */
import * as v from 'valibot';
import { instanceSchema } from './instances.ts';

const plannedSchema = v.object({
  label: v.string(),
  /** Where it stands in the file. */
  line: v.number(),
  /** `keep`: it is registered as the file says. */
  entry: v.picklist(['add', 'edit', 'keep']),
  /** Absent of one that is to be added. */
  instance: v.optional(instanceSchema),
  /** What is to be another; a member that is absent is not there. */
  changes: v.array(
    v.object({
      name: v.picklist(['label', 'ip', 'port', 'prefix', 'tls', 'ca', 'plaintext', 'renew']),
      from: v.optional(v.string()),
      to: v.optional(v.string()),
    }),
  ),
  /** `deliver`: a token waits to be brought to it. `keep`: it has one that is not due. */
  token: v.picklist(['authorize', 'renew', 'deliver', 'keep']),
  via: v.picklist(['cloud', 'harmony']),
  /** When the token ends that it has, RFC 3339. */
  expires_at: v.optional(v.string()),
});

export const fleetPlanSchema = v.object({
  /** Nothing was changed. */
  plan: v.literal(true),
  path: v.string(),
  counts: v.object({
    total: v.number(),
    added: v.number(),
    edited: v.number(),
    authorized: v.number(),
    renewed: v.number(),
    delivered: v.number(),
    untouched: v.number(),
  }),
  gateways: v.array(plannedSchema),
  /** Registered and not in the file: they are left as they are. */
  not_in_file: v.array(instanceSchema),
});

export type PlannedJson = v.InferOutput<typeof plannedSchema>;
export type FleetPlanJson = v.InferOutput<typeof fleetPlanSchema>;
