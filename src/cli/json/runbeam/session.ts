/** What `runbeam login|logout|verify` print with `--json`. */
import * as v from 'valibot';
import { earlierSession, timeSchema } from '../parts/values.ts';

export const runbeamLoginSchema = v.object({
  server: v.string(),
  api_url: v.string(),
  user: v.optional(v.string()),
  earlier_session: earlierSession,
  /** `valid`: the token was verified, or the cloud accepts it. `unchecked`: neither could be done. Absent: nobody tried. */
  check: v.optional(v.picklist(['valid', 'unchecked'])),
  expires_at: v.optional(timeSchema),
});

export const runbeamLogoutSchema = v.object({
  server: v.string(),
  /** What became of the session on the server. */
  revocation: v.picklist(['revoked', 'unsupported', 'unreachable', 'unreadable', 'none']),
  /** Until when a session that was not revoked lives. */
  expires_at: v.optional(timeSchema),
  /** What became of the entry in the OS keyring; absent if the account had none. */
  keyring: v.optional(v.picklist(['deleted', 'left'])),
});

export const verifySchema = v.object({
  status: v.picklist(['valid', 'rejected', 'unverified']),
  kind: v.picklist(['jwt', 'opaque']),
  server: v.string(),
  /** Whose token it is: a `--config` file's, `RUNBEAM_TOKEN`'s, `RUNBEAM_MACHINE_TOKEN`'s, or the login's; and how texts name it. */
  acts_as: v.object({ kind: v.picklist(['config', 'token', 'machine_token', 'login']), title: v.string() }),
  /** What is there besides, and does not count. */
  passed_over: v.array(v.string()),
  /** These three are a verified JWT's. */
  issuer: v.optional(v.string()),
  subject: v.optional(v.string()),
  audience: v.optional(v.array(v.string())),
  user: v.optional(v.string()),
  team: v.optional(v.string()),
  expires_at: v.optional(timeSchema),
  /** Which check of a rejected JWT failed. */
  failed_check: v.optional(
    v.picklist(['format', 'algorithm', 'issuer', 'key', 'signature', 'expiry', 'not_before', 'issued_at', 'audience', 'claims']),
  ),
  /** Why it is not valid. */
  reason: v.optional(v.string()),
  /** Seconds that this machine's clock is ahead; negative: behind. Only over a minute. */
  clock_skew: v.optional(v.number()),
});

export type RunbeamLoginJson = v.InferOutput<typeof runbeamLoginSchema>;
export type RunbeamLogoutJson = v.InferOutput<typeof runbeamLogoutSchema>;
export type VerifyJson = v.InferOutput<typeof verifySchema>;
