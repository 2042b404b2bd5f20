import * as v from 'valibot';
import { accountName } from './account.ts';
import { timeSchema } from './parts/values.ts';

export const linkSchema = v.object({
  path: v.string(),
  server: v.string(),
  /** Name of the account, which stands in `.beamd.local`. */
  account: accountName,
  /** The `.beamd.local` that was written, too. */
  local_path: v.optional(v.string()),
  scope: v.optional(v.string()),
  /** Your personal org, which acts for you here and was not written. */
  unpinned_scope: v.optional(v.string()),
  local: v.boolean(),
  /** How `.beamd.local` stays out of git: it `was` kept out, or is `now`, by the file `path`; `unignored`: it is not. */
  git: v.optional(v.object({ status: v.picklist(['was', 'now', 'unignored']), path: v.optional(v.string()) })),
});

export const unlinkSchema = v.object({
  /** The files that were changed; one that is `removed` held nothing else. */
  files: v.array(v.object({ path: v.string(), removed: v.boolean() })),
  /** What pins this folder still, from another file. */
  stays: v.optional(v.object({ path: v.string(), server: v.optional(v.string()), scope: v.optional(v.string()) })),
});

export const tokenSchema = v.object({
  access_token: v.string(),
  expires_at: v.optional(timeSchema),
  server: v.string(),
  account: accountName,
  scope: v.optional(v.string()),
});

export type LinkJson = v.InferOutput<typeof linkSchema>;
export type UnlinkJson = v.InferOutput<typeof unlinkSchema>;
export type TokenJson = v.InferOutput<typeof tokenSchema>;
