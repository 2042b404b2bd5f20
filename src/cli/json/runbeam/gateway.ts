/** What `runbeam harmony:info|pipelines|routes|reload|update` print with `--json`. */
import * as v from 'valibot';

export const infoSchema = v.object({
  version: v.string(),
  uptime: v.union([v.string(), v.number()]),
  os: v.string(),
  arch: v.string(),
});

export const pipelinesSchema = v.object({
  pipelines: v.array(
    v.object({
      id: v.string(),
      description: v.string(),
      networks: v.array(v.string()),
      endpoints: v.array(v.string()),
      backends: v.array(v.string()),
      middleware: v.array(v.string()),
    }),
  ),
});

export const routesSchema = v.object({
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

export const reloadSchema = v.object({ reloaded: v.literal(true), message: v.optional(v.string()) });

export const updateSchema = v.object({
  updated: v.literal(true),
  /** Bytes. */
  config_size: v.optional(v.number()),
  message: v.optional(v.string()),
});
