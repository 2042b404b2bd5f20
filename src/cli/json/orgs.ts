import * as v from 'valibot';
import { scope } from './account.ts';

export const orgsJson = v.object({
  server: v.string(),
  user: v.optional(v.string()),
  self_hosted: v.boolean(),
  orgs: v.array(scope),
  default_scope: v.optional(v.string()),
  stale_default: v.boolean(),
  active: v.optional(v.string()),
});

export const defaultJson = v.object({
  server: v.string(),
  default_scope: v.optional(v.string()),
  stale: v.boolean(),
  changed: v.boolean(),
});

export type OrgsJson = v.InferOutput<typeof orgsJson>;
export type DefaultJson = v.InferOutput<typeof defaultJson>;
