import * as v from 'valibot';
import { accountName, accountSchema, kindSchema } from './account.ts';
import { timeSchema } from './parts/time.ts';
import { earlierSession } from './parts/earlier-session.ts';

export const loginSchema = v.object({
  account: accountSchema,
  /** Whether the account became the current one. */
  current: v.boolean(),
  replaced: v.boolean(),
  earlier_session: earlierSession,
  /** The account that is current instead. */
  current_account: v.optional(v.object({ server: v.string(), account: accountName })),
  check: v.picklist(['valid', 'unchecked']),
});

export const logoutSchema = v.object({
  accounts: v.array(
    v.object({
      server: v.string(),
      account: accountName,
      user: v.optional(v.string()),
      kind: kindSchema,
      session: v.picklist(['revoked', 'unsupported', 'unreachable', 'unreadable', 'none']),
      expires_at: v.optional(timeSchema),
      agent_stopped: v.boolean(),
      /** What became of the entry in the OS keyring; absent if the account had none. */
      keyring: v.optional(v.picklist(['deleted', 'left'])),
    }),
  ),
  current: v.optional(v.string()),
  /** Name of the current account. */
  current_account: accountName,
});

export type LoginJson = v.InferOutput<typeof loginSchema>;
export type LogoutJson = v.InferOutput<typeof logoutSchema>;
