import * as v from 'valibot';
import { agentStateSchema } from './status.ts';

export const agentStartSchema = v.object({
  server: v.string(),
  pid: v.number(),
  version: v.string(),
  already_running: v.boolean(),
});

export const agentStopSchema = v.object({ server: v.string(), stopped: v.boolean() });

export const agentStatusSchema = v.object({ server: v.string(), ...agentStateSchema.entries });

export const agentLogSchema = v.object({ server: v.string(), path: v.string(), lines: v.array(v.string()) });

export const agentLockSchema = v.object({ server: v.string(), locked: v.boolean(), changed: v.boolean() });

export type AgentLockJson = v.InferOutput<typeof agentLockSchema>;
export type AgentStartJson = v.InferOutput<typeof agentStartSchema>;
export type AgentStopJson = v.InferOutput<typeof agentStopSchema>;
export type AgentStatusJson = v.InferOutput<typeof agentStatusSchema>;
export type AgentLogJson = v.InferOutput<typeof agentLogSchema>;
