import * as v from 'valibot';
import { timeSchema } from './parts/values.ts';

export const scopeSchema = v.object({ slug: v.string(), role: v.optional(v.string()) });

export const kindSchema = v.picklist(['session', 'token']);

/** Name of an account among those of its server; absent: the one without a name. */
export const accountName = v.optional(v.string());

/** Where a value of the ladder can come from. */
export const SOURCES = [
  'flag',
  'env',
  'project',
  'agent-socket',
  'current',
  'only-account',
  'nameless-account',
  'default-host',
  'default-scope',
  'first-scope',
  'app-config',
] as const;

/** What decided a value of the ladder. */
export const sourceSchema = v.object({
  kind: v.picklist(SOURCES),
  path: v.optional(v.string()),
});

/** An account without anything secret. */
export const accountSchema = v.object({
  server: v.string(),
  account: accountName,
  kind: kindSchema,
  user: v.optional(v.string()),
  scopes: v.array(scopeSchema),
  default_scope: v.optional(v.string()),
  control_plane: v.optional(v.string()),
  storage: v.picklist(['age', 'keyring', 'plain']),
  ended_at: v.optional(timeSchema),
});

export type AccountJson = v.InferOutput<typeof accountSchema>;
export type ScopeJson = v.InferOutput<typeof scopeSchema>;
