import * as v from 'valibot';
import { accountSchema, kindSchema, unixSeconds } from './account.ts';

export const loginSchema = v.object({
  account: accountSchema,
  /** Whether the account became the current one. */
  current: v.boolean(),
  replaced: v.boolean(),
  check: v.picklist(['valid', 'unchecked']),
});

export const logoutSchema = v.object({
  accounts: v.array(
    v.object({
      server: v.string(),
      user: v.optional(v.string()),
      kind: kindSchema,
      session: v.picklist(['revoked', 'unsupported', 'unreachable', 'unreadable', 'none']),
      expires_at: v.optional(unixSeconds),
      agent_stopped: v.boolean(),
      /** What became of the entry in the OS keyring; absent if the account had none. */
      keyring: v.optional(v.picklist(['deleted', 'left'])),
    }),
  ),
  current: v.optional(v.string()),
});

export type LoginJson = v.InferOutput<typeof loginSchema>;
export type LogoutJson = v.InferOutput<typeof logoutSchema>;
