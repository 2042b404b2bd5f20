import * as v from 'valibot';

/** One line of a report. */
export const findingSchema = v.object({
  check: v.string(),
  level: v.picklist(['ok', 'warning', 'error']),
  message: v.string(),
  /** What puts it right. */
  hint: v.optional(v.string()),
  /** It was put right, and the message says what was done. */
  fixed: v.optional(v.literal(true)),
});

export const doctorSchema = v.object({
  program: v.picklist(['beamd', 'runbeam']),
  version: v.string(),
  /** Servers were not asked. */
  offline: v.boolean(),
  findings: v.array(findingSchema),
  /** The report that was written. */
  bundle: v.optional(v.string()),
});

/** Of `pin check`. */
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

export type DoctorJson = v.InferOutput<typeof doctorSchema>;
export type FindingJson = v.InferOutput<typeof findingSchema>;
export type PinCheckJson = v.InferOutput<typeof pinCheckSchema>;
