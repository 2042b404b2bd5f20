import * as v from 'valibot';
import { agentState } from './status.ts';

export const agentStartJson = v.object({
  server: v.string(),
  pid: v.number(),
  version: v.string(),
  already_running: v.boolean(),
});

export const agentStopJson = v.object({ server: v.string(), stopped: v.boolean() });

export const agentStatusJson = v.object({ server: v.string(), ...agentState.entries });

export const agentLogJson = v.object({ server: v.string(), path: v.string(), lines: v.array(v.string()) });

export const agentLockJson = v.object({ server: v.string(), locked: v.boolean(), changed: v.boolean() });

export type AgentLockJson = v.InferOutput<typeof agentLockJson>;
export type AgentStartJson = v.InferOutput<typeof agentStartJson>;
export type AgentStopJson = v.InferOutput<typeof agentStopJson>;
export type AgentStatusJson = v.InferOutput<typeof agentStatusJson>;
export type AgentLogJson = v.InferOutput<typeof agentLogJson>;
