import * as v from 'valibot';
import { errorValue } from './parts/values.ts';
import { accountName } from './account.ts';
import { agentStateSchema, lockEntries } from './status.ts';

/** Where programs reach the agent, and where its tokens may go. */
const place = { socket: v.string(), origins: v.array(v.string()) };

export const agentStartSchema = v.object({
  server: v.string(),
  account: accountName,
  pid: v.number(),
  version: v.string(),
  already_running: v.boolean(),
  ...place,
});

export const agentStopSchema = v.object({ server: v.string(), account: accountName, stopped: v.boolean() });

/** With `--all`. `problem`: why it could not be stopped. */
export const allStoppedSchema = v.object({
  agents: v.array(
    v.object({
      ...agentStopSchema.entries,
      problem: v.optional(errorValue),
    }),
  ),
});

export const agentStatusSchema = v.object({
  server: v.string(),
  account: accountName,
  ...agentStateSchema.entries,
  ...place,
  /** Whether the account is. Absent: only the agent is known. */
  locked: v.optional(v.boolean()),
  ...lockEntries,
});

/** With `--all`. */
export const allAgentsSchema = v.object({ agents: v.array(agentStatusSchema) });

export const agentEnvSchema = v.object({ server: v.string(), account: accountName, socket: v.string() });

/** With `--print-only`. `until` is RFC 3339; `command`: the words of `ssh`. */
export const agentForwardSchema = v.object({
  server: v.string(),
  account: accountName,
  scope: v.optional(v.string()),
  until: v.string(),
  socket: v.string(),
  remote_socket: v.string(),
  command: v.array(v.string()),
});

export const agentLogSchema = v.object({
  server: v.string(),
  account: accountName,
  path: v.string(),
  lines: v.array(v.string()),
});

export const agentLogLineSchema = v.object({
  server: v.string(),
  account: accountName,
  /** RFC 3339. Absent: the line is none that an agent writes. */
  time: v.optional(v.string()),
  event: v.string(),
  detail: v.record(v.string(), v.union([v.string(), v.number()])),
});

export const agentLockSchema = v.object({
  server: v.string(),
  account: accountName,
  locked: v.boolean(),
  changed: v.boolean(),
  ...lockEntries,
});

export type AgentLockJson = v.InferOutput<typeof agentLockSchema>;
export type AgentEnvJson = v.InferOutput<typeof agentEnvSchema>;
export type AgentForwardJson = v.InferOutput<typeof agentForwardSchema>;
export type AgentStartJson = v.InferOutput<typeof agentStartSchema>;
export type AgentStopJson = v.InferOutput<typeof agentStopSchema>;
export type AllStoppedJson = v.InferOutput<typeof allStoppedSchema>;
export type AgentStatusJson = v.InferOutput<typeof agentStatusSchema>;
export type AllAgentsJson = v.InferOutput<typeof allAgentsSchema>;
const time = v.string();

/** Times are RFC 3339. */
export const agentTopSchema = v.object({
  at: time,
  agents: v.array(
    v.object({
      server: v.string(),
      account: accountName,
      /** `older`: it runs, and is of a version that does not tell what it did. */
      state: v.picklist(['running', 'stopped', 'busy', 'older']),
      /** Whether the account is. */
      locked: v.boolean(),
      pid: v.optional(v.number()),
      version: v.optional(v.string()),
      started_at: v.optional(time),
      issued_at: v.optional(time),
      expires_at: v.optional(time),
      calls: v.optional(v.array(v.object({ method: v.string(), count: v.number() }))),
      /** `says`: what a client says of itself; nobody can prove it. */
      clients: v.optional(v.array(v.object({ says: v.string(), calls: v.number(), last_at: time }))),
      /** `failed`: the code of the error. */
      refreshes: v.optional(v.array(v.object({ at: time, failed: v.optional(v.string()) }))),
    }),
  ),
});

export type AgentTopJson = v.InferOutput<typeof agentTopSchema>;
export type AgentLogLineJson = v.InferOutput<typeof agentLogLineSchema>;
export type AgentLogJson = v.InferOutput<typeof agentLogSchema>;
