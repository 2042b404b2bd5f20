import * as v from 'valibot';
import { accountName, accountSchema, kindSchema } from './account.ts';
import { earlierSession, timeSchema } from './parts/values.ts';

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

/** What `--no-wait` prints: where to approve the login, and how to go on with it. */
export const begunLoginSchema = v.object({
  id: v.string(),
  server: v.string(),
  /** Where the server sends its logins, if that is elsewhere. */
  control_plane: v.optional(v.string()),
  verification_uri: v.string(),
  /** The same page with the code in it. */
  verification_uri_complete: v.optional(v.string()),
  user_code: v.optional(v.string()),
  /** When the code ends. */
  expires_at: timeSchema,
  /** Seconds between two questions to the server. */
  interval: v.number(),
  /** The command that goes on with it. */
  resume: v.string(),
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

export type BegunLoginJson = v.InferOutput<typeof begunLoginSchema>;
export type LoginJson = v.InferOutput<typeof loginSchema>;
export type LogoutJson = v.InferOutput<typeof logoutSchema>;
