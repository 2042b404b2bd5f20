import * as v from 'valibot';
import { accountName, accountSchema } from './account.ts';
import { timeSchema } from './parts/values.ts';

export const accountsSchema = v.object({
  accounts: v.array(
    v.object({
      ...accountSchema.entries,
      current: v.boolean(),
      /** `valid` is known, with its end, only while an agent runs; `logged_in` stands for the rest. */
      state: v.picklist(['valid', 'logged_in', 'token', 'locked', 'ended']),
      expires_at: v.optional(timeSchema),
      /** When a token of it was last given out, or something done with it, to about a minute. */
      last_used_at: v.optional(timeSchema),
    }),
  ),
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
