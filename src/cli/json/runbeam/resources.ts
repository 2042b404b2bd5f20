/** What `runbeam gateways:list|get` and its like, `changes:*`, `harmony:mesh-token` and `harmony:resolve` print with `--json`. */
import * as v from 'valibot';

/** As Runbeam Cloud sends it: the members that are not here are there too. */
export const resourceSchema = v.looseObject({ id: v.string() });

const more = {
  /** There are more after these: `--page`, `--limit` or `--all` has them. */
  more: v.boolean(),
};

export const gatewaysSchema = v.object({ gateways: v.array(resourceSchema), ...more });
export const servicesSchema = v.object({ services: v.array(resourceSchema), ...more });
export const endpointsSchema = v.object({ endpoints: v.array(resourceSchema), ...more });
export const backendsSchema = v.object({ backends: v.array(resourceSchema), ...more });
export const pipelinesSchema = v.object({ pipelines: v.array(resourceSchema), ...more });
export const changesSchema = v.object({ changes: v.array(resourceSchema), ...more });

export const acknowledgedSchema = v.object({
  acknowledged: v.array(v.string()),
  /** Those that Runbeam Cloud did not take; the exit code is 1. */
  failed: v.array(v.string()),
});

export const changeOutcomeSchema = v.object({ id: v.string(), status: v.picklist(['applied', 'failed']) });

export const meshTokenSchema = v.object({
  token: v.string(),
  /** RFC 3339. */
  expires_at: v.string(),
  mesh_id: v.string(),
});

export const resolutionSchema = v.object({
  resource: resourceSchema,
  provider: v.string(),
  /** RFC 3339. */
  resolved_at: v.string(),
});

export type AcknowledgedJson = v.InferOutput<typeof acknowledgedSchema>;
export type MeshTokenJson = v.InferOutput<typeof meshTokenSchema>;
export type ResolutionJson = v.InferOutput<typeof resolutionSchema>;
