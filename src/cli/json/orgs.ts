import * as v from 'valibot';
import { accountName, scopeSchema } from './account.ts';

export const orgsSchema = v.object({
  server: v.string(),
  account: accountName,
  user: v.optional(v.string()),
  self_hosted: v.boolean(),
  orgs: v.array(scopeSchema),
  default_scope: v.optional(v.string()),
  stale_default: v.boolean(),
  active: v.optional(v.string()),
});

export const defaultSchema = v.object({
  server: v.string(),
  account: accountName,
  default_scope: v.optional(v.string()),
  stale: v.boolean(),
  changed: v.boolean(),
});

export type OrgsJson = v.InferOutput<typeof orgsSchema>;
export type DefaultJson = v.InferOutput<typeof defaultSchema>;
