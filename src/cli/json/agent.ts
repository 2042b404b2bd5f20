import * as v from 'valibot';
import { accountName } from './account.ts';
import { agentStateSchema } from './status.ts';

export const agentStartSchema = v.object({
  server: v.string(),
  account: accountName,
  pid: v.number(),
  version: v.string(),
  already_running: v.boolean(),
});

export const agentStopSchema = v.object({ server: v.string(), account: accountName, stopped: v.boolean() });

export const agentStatusSchema = v.object({ server: v.string(), account: accountName, ...agentStateSchema.entries });

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

export const agentLockSchema = v.object({ server: v.string(), account: accountName, locked: v.boolean(), changed: v.boolean() });

export type AgentLockJson = v.InferOutput<typeof agentLockSchema>;
export type AgentStartJson = v.InferOutput<typeof agentStartSchema>;
export type AgentStopJson = v.InferOutput<typeof agentStopSchema>;
export type AgentStatusJson = v.InferOutput<typeof agentStatusSchema>;
export type AgentLogLineJson = v.InferOutput<typeof agentLogLineSchema>;
export type AgentLogJson = v.InferOutput<typeof agentLogSchema>;
