/** What `runbeam harmony:info|pipelines|routes|reload|update` print with `--json`. */
import * as v from 'valibot';

export const harmonyInfoSchema = v.object({
  version: v.string(),
  uptime: v.union([v.string(), v.number()]),
  os: v.string(),
  arch: v.string(),
  /** Of the machine token that is kept here: `undelivered` was issued, and the gateway has not got it. */
  token: v.optional(v.picklist(['stored', 'undelivered'])),
  /** RFC 3339: when the stored one ends; absent where it cannot be read. */
  token_expires_at: v.optional(v.string()),
});

export const harmonyPipelinesSchema = v.object({
  pipelines: v.array(
    v.object({
      id: v.string(),
      description: v.string(),
      networks: v.array(v.string()),
      endpoints: v.array(v.string()),
      backends: v.array(v.string()),
      middleware: v.array(v.string()),
      /** Since Harmony 0.12 in place of `middleware`. */
      middleware_left: v.optional(v.array(v.string())),
      middleware_right: v.optional(v.array(v.string())),
    }),
  ),
});

export const harmonyRoutesSchema = v.object({
  routes: v.array(
    v.object({
      path: v.string(),
      methods: v.array(v.string()),
      description: v.string(),
      endpoint_name: v.string(),
      service_type: v.string(),
      pipeline: v.string(),
    }),
  ),
});

export const harmonyReloadSchema = v.object({
  reloaded: v.literal(true),
  message: v.optional(v.string()),
  /** What is in force without a connection having been cut. */
  zero_downtime_changes: v.optional(v.array(v.string())),
  /** What an adapter has to be restarted for. */
  adapter_restarts_required: v.optional(v.array(v.string())),
  restarted_networks: v.optional(v.array(v.string())),
});

export const harmonyUpdateSchema = v.object({
  updated: v.literal(true),
  /** Bytes. */
  config_size: v.optional(v.number()),
  /** What is in it, as Harmony 0.12 counts. */
  pipeline_count: v.optional(v.number()),
  transform_count: v.optional(v.number()),
  mesh_count: v.optional(v.number()),
  message: v.optional(v.string()),
});

export type HarmonyInfoJson = v.InferOutput<typeof harmonyInfoSchema>;
export type HarmonyPipelinesJson = v.InferOutput<typeof harmonyPipelinesSchema>;
export type HarmonyReloadJson = v.InferOutput<typeof harmonyReloadSchema>;
export type HarmonyRoutesJson = v.InferOutput<typeof harmonyRoutesSchema>;
export type HarmonyUpdateJson = v.InferOutput<typeof harmonyUpdateSchema>;
