/**
 * What an agent does for one account. Two implementations: `createAgent` in process, `connectAgent` over the socket.
 * Neither ever gives out a refresh token or a store key.
 */
import type { Calls } from './calls.ts';
import type { METHODS, Result } from './wire.ts';

export type { AuthorizeRequest, AuthorizeResult } from '../../runbeam/authorization.ts';

export interface Agent extends Calls<typeof METHODS> {
  /** Lets go of the connection; the agent itself goes on. */
  close(): void;
}

export type AgentInfo = Result<'hello'>;
export type AgentStatus = Result<'status'>;
export type TokenGrant = Result<'token'>;
