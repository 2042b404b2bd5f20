import * as v from 'valibot';
import { findingSchema } from './doctor.ts';

export const pinCheckSchema = v.object({
  /** Absent: it cannot be read. */
  path: v.optional(v.string()),
  local_path: v.optional(v.string()),
  server: v.optional(v.string()),
  scope: v.optional(v.string()),
  /** Server and org are known to be there. */
  verified: v.boolean(),
  findings: v.array(findingSchema),
});

export type PinCheckJson = v.InferOutput<typeof pinCheckSchema>;
