import * as v from 'valibot';
import { accountName, sourceSchema } from './account.ts';
import { timeSchema } from './parts/values.ts';

export const agentStateSchema = v.object({
  state: v.picklist(['stopped', 'busy', 'running']),
  pid: v.optional(v.number()),
  version: v.optional(v.string()),
  started_at: v.optional(timeSchema),
  expires_at: v.optional(timeSchema),
  refreshed_at: v.optional(timeSchema),
  refreshes: v.optional(v.number()),
  served: v.optional(v.number()),
});

/** When the account locks itself; absent: it does not, or is locked. */
export const lockEntries = {
  locks_at: v.optional(timeSchema),
  locks_on_suspend: v.optional(v.boolean()),
};

export const statusSchema = v.object({
  server: v.string(),
  server_source: sourceSchema,
  account: accountName,
  /** What chose it among the accounts of the server. */
  account_source: v.optional(sourceSchema),
  scope: v.optional(v.string()),
  scope_source: v.optional(sourceSchema),
  unknown_scope: v.boolean(),
  user: v.optional(v.string()),
  control_plane: v.optional(v.string()),
  issuer: v.optional(v.string()),
  /** A CA of the account's own is trusted, beside the usual ones. */
  own_ca: v.optional(v.boolean()),
  /** The certificate of the server is not checked. */
  insecure: v.optional(v.boolean()),
  /** Each use is asked about first. */
  confirm: v.optional(v.boolean()),
  ...lockEntries,
  token: v.picklist(['account', 'env', 'app_config']),
  /** It stands in for `BEAMD_TOKEN`, which `beamd exec` or `beamd token --export` set. */
  handed_on: v.optional(v.boolean()),
  /** That a `--config` file names: its agent gives the token. */
  agent_socket: v.optional(v.string()),
  session: v.object({
    state: v.picklist(['valid', 'renewable', 'expired', 'no_expiry', 'ended', 'locked', 'unreadable']),
    expires_at: v.optional(timeSchema),
    ended_at: v.optional(timeSchema),
  }),
  storage: v.optional(v.picklist(['age', 'keyring', 'plain'])),
  agent: agentStateSchema,
  check: v.optional(
    v.object({
      verdict: v.picklist(['valid', 'rejected', 'unverified']),
      reason: v.optional(v.string()),
      code: v.optional(v.string()),
      /** Rejected, and the session can give another one. */
      refreshable: v.optional(v.boolean()),
      /** Seconds that this machine's clock is ahead; negative: behind. Only over a minute. */
      clock_skew: v.optional(v.number()),
    }),
  ),
});

export const whoamiSchema = v.object({
  server: v.string(),
  account: accountName,
  source: v.picklist(['account', 'env_token', 'app_config']),
  user: v.optional(v.string()),
  scope: v.optional(v.string()),
  role: v.optional(v.string()),
  self_hosted: v.boolean(),
});

export const checkSchema = v.object({
  config: v.string(),
  server: v.string(),
  checked: v.boolean(),
  workspace: v.optional(
    v.object({
      slug: v.string(),
      name: v.string(),
      provisioned: v.boolean(),
      example_url: v.optional(v.string()),
    }),
  ),
  /** Of the login whose agent the file names, or of which its token is. */
  session: v.optional(v.object({ user: v.optional(v.string()), scope: v.optional(v.string()) })),
});

export type StatusJson = v.InferOutput<typeof statusSchema>;
export type AgentStateJson = v.InferOutput<typeof agentStateSchema>;
export type WhoamiJson = v.InferOutput<typeof whoamiSchema>;
export type CheckJson = v.InferOutput<typeof checkSchema>;
