import * as v from 'valibot';

/** Unix seconds. */
export const unixSeconds = v.pipe(v.number(), v.integer());

export const scopeSchema = v.object({ slug: v.string(), role: v.optional(v.string()) });

export const kindSchema = v.picklist(['session', 'token']);

/** What decided a value of the ladder. */
export const sourceSchema = v.object({
  kind: v.picklist([
    'flag',
    'env',
    'project',
    'current',
    'only-account',
    'default-host',
    'default-scope',
    'first-scope',
    'app-config',
  ]),
  path: v.optional(v.string()),
});

/** An account without anything secret. */
export const accountSchema = v.object({
  server: v.string(),
  kind: kindSchema,
  user: v.optional(v.string()),
  scopes: v.array(scopeSchema),
  default_scope: v.optional(v.string()),
  control_plane: v.optional(v.string()),
  storage: v.picklist(['age', 'keyring', 'plain']),
  ended_at: v.optional(unixSeconds),
});

export type AccountJson = v.InferOutput<typeof accountSchema>;
export type ScopeJson = v.InferOutput<typeof scopeSchema>;
