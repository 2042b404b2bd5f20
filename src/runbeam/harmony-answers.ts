/** What a gateway's management API answers (docs/contracts.md 4). Unknown fields are ignored. */
import * as v from 'valibot';

const textList = v.optional(v.array(v.string()), []);
// Seconds as a number, or text such as `3h 2m`; 0.4 to 0.12 answer the time of day in Unix seconds.
const uptime = v.union([v.string(), v.number()]);
const id = v.pipe(v.union([v.string(), v.number()]), v.transform(String));
const text = v.pipe(v.nullish(v.string(), ''), v.string());

export const infoSchema = v.object({ version: v.string(), uptime, os: v.string(), arch: v.string() });

export const pipelinesSchema = v.object({
  pipelines: v.array(
    v.object({
      id,
      description: text,
      networks: textList,
      endpoints: textList,
      backends: textList,
      middleware: textList,
      // In place of the last since 0.12.
      middleware_left: v.optional(v.array(v.string())),
      middleware_right: v.optional(v.array(v.string())),
    }),
  ),
});

export const routesSchema = v.object({
  routes: v.array(
    v.object({
      path: v.string(),
      methods: textList,
      description: text,
      endpoint_name: text,
      service_type: text,
      pipeline: text,
    }),
  ),
});

// That it reloaded is what counts: what else it says, and in which form, is not known of any that was looked at.
const names = v.fallback(v.optional(v.array(v.string())), undefined);

export const reloadSchema = v.object({
  message: v.fallback(v.optional(v.string()), undefined),
  diff: v.fallback(v.optional(v.object({ zero_downtime_changes: names, adapter_restarts_required: names })), undefined),
  restarted_networks: names,
});

// The counts are 0.12's; one that is none of ours must not make an upload that went well a failure.
const count = v.fallback(v.optional(v.number()), undefined);

export const updateSchema = v.object({
  config_size: v.optional(v.number()),
  message: v.optional(v.string()),
  pipeline_count: count,
  transform_count: count,
  mesh_count: count,
});

export const authorizedSchema = v.object({
  gateway: v.object({ id, code: v.nullish(v.string()), name: v.nullish(v.string()) }),
  expires_at: v.string(),
  expires_in: v.fallback(v.optional(v.number()), undefined),
});

export type HarmonyInfo = v.InferOutput<typeof infoSchema>;
export type HarmonyPipeline = v.InferOutput<typeof pipelinesSchema>['pipelines'][number];
export type HarmonyRoute = v.InferOutput<typeof routesSchema>['routes'][number];
export type HarmonyReload = v.InferOutput<typeof reloadSchema>;
export type HarmonyUpdate = v.InferOutput<typeof updateSchema>;
export type HarmonyAuthorized = v.InferOutput<typeof authorizedSchema>;
