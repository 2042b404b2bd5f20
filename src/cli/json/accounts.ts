import * as v from 'valibot';
import { accountName, accountSchema } from './account.ts';

export const accountsSchema = v.object({
  accounts: v.array(v.object({ ...accountSchema.entries, current: v.boolean() })),
  problems: v.array(v.object({ path: v.string(), message: v.string() })),
});

export const switchSchema = v.object({
  current: v.string(),
  account: accountName,
  /** The server that BEAMD_SERVER chooses instead, while it is set. */
  overridden_by: v.optional(v.string()),
});

export type AccountsJson = v.InferOutput<typeof accountsSchema>;
export type SwitchJson = v.InferOutput<typeof switchSchema>;
