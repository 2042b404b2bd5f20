/**
 * Who answers the calls of the table: an agent, and what does its work. Each has two implementations, one in this process
 * and one in another.
 */
import type { Calls } from './calls.ts';
import type { JOBS, METHODS, Result } from './wire.ts';

export type { Params } from './wire.ts';

export type { AuthorizeRequest, AuthorizeResult } from '../../runbeam/authorization.ts';

/**
 * What an agent does for one account: in process (`createAgent`), or over the socket (`connectAgent`). Neither ever gives
 * out a refresh token or a store key.
 */
export interface Agent extends Calls<typeof METHODS> {
  /** Lets go of the connection; the agent itself goes on. */
  close(): void;
}

/** Does the agent's work: in process (`createWork`), or each job in a detached process of its own (`spawnWorker`). */
export type Work = Calls<typeof JOBS>;

export type AgentInfo = Result<'hello'>;
export type AgentStatus = Result<'status'>;
export type AgentActivity = Result<'activity'>;
export type TokenGrant = Result<'token'>;

/** An account as the agent knows it: nothing secret but the access token. */
export type LoadedSession = NonNullable<Result<'load'>>;
