import * as v from 'valibot';
import { account, kind, unixSeconds } from './account.ts';

export const loginJson = v.object({
  account,
  /** Whether the account became the current one. */
  current: v.boolean(),
  replaced: v.boolean(),
  check: v.picklist(['valid', 'unchecked']),
});

export const logoutJson = v.object({
  accounts: v.array(
    v.object({
      server: v.string(),
      user: v.optional(v.string()),
      kind,
      session: v.picklist(['revoked', 'unsupported', 'unreachable', 'unreadable', 'none']),
      expires_at: v.optional(unixSeconds),
      agent_stopped: v.boolean(),
      /** What became of the entry in the OS keyring; absent if the account had none. */
      keyring: v.optional(v.picklist(['deleted', 'left'])),
    }),
  ),
  current: v.optional(v.string()),
});

export type LoginJson = v.InferOutput<typeof loginJson>;
export type LogoutJson = v.InferOutput<typeof logoutJson>;
