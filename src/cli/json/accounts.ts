import * as v from 'valibot';
import { account } from './account.ts';

export const accountsJson = v.object({
  accounts: v.array(v.object({ ...account.entries, current: v.boolean() })),
  problems: v.array(v.object({ path: v.string(), message: v.string() })),
});

export const switchJson = v.object({
  current: v.string(),
  /** The server that BEAMD_SERVER chooses instead, while it is set. */
  overridden_by: v.optional(v.string()),
});

export type AccountsJson = v.InferOutput<typeof accountsJson>;
export type SwitchJson = v.InferOutput<typeof switchJson>;
