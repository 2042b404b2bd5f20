import * as v from 'valibot';
import { accountName, unixSeconds } from './account.ts';

export const linkSchema = v.object({
  path: v.string(),
  server: v.string(),
  /** Name of the account, which stands in `.beamd.local`. */
  account: accountName,
  /** The `.beamd.local` that was written, too. */
  local_path: v.optional(v.string()),
  scope: v.optional(v.string()),
  local: v.boolean(),
});

export const tokenSchema = v.object({
  access_token: v.string(),
  expires_at: v.optional(unixSeconds),
  server: v.string(),
  account: accountName,
  scope: v.optional(v.string()),
});

export type LinkJson = v.InferOutput<typeof linkSchema>;
export type TokenJson = v.InferOutput<typeof tokenSchema>;
