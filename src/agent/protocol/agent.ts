/**
 * What an agent does for one account. Two implementations: `createAgent` in process, `connectAgent` over the socket.
 * Neither ever gives out a refresh token or a store key.
 */
import type { AuthorizeRequest, AuthorizeResult } from '../../runbeam/authorization.ts';
import type { Secret } from '../../secret.ts';
import type { MachineToken } from '../../store/instances/machine-token.ts';
import type { Scope } from '../../store/accounts/account.ts';

export type { AuthorizeRequest, AuthorizeResult } from '../../runbeam/authorization.ts';

export interface AgentInfo {
  /** Version of the wire protocol. */
  readonly protocol: number;
  /** Version of the package the agent was started from. */
  readonly version: string;
  readonly pid: number;
  /** Account key the agent serves. */
  readonly account: string;
}

export interface TokenRequest {
  /** Org slug to act for; refused with `unknown_scope` if the account does not have it. Absent: the account's default. */
  readonly scope?: string;
}

export interface TokenGrant {
  readonly accessToken: Secret;
  /** Unix seconds. Absent: does not expire by itself. */
  readonly expiresAt?: number;
  /** `Server.name` the token is for. */
  readonly server: string;
  /** The org acted for; absent on a self-hosted (token) account. */
  readonly scope?: string;
}

export interface AgentStatus extends AgentInfo {
  /** Unix seconds. */
  readonly startedAt: number;
  /** Unix seconds; absent if the token does not expire or nothing is loaded yet. */
  readonly expiresAt?: number;
  /** Unix seconds of the last successful refresh. */
  readonly refreshedAt?: number;
  /** Refreshes since start. */
  readonly refreshes: number;
  /** Token requests served since start. */
  readonly served: number;
}

export interface MachineTokenRequest {
  /** Gateway code: an instance id, or a code that only the cloud knows. */
  readonly gatewayCode: string;
}

export interface Agent {
  hello(): Promise<AgentInfo>;
  /** A fresh access token. Throws `login_required`, `session_ended`, `unknown_scope`, `network`, `timeout`, `busy`. */
  token(request: TokenRequest): Promise<TokenGrant>;
  /** Asks the edge for the account's orgs, saves and returns them. Throws as `token`, and `token_rejected`. */
  refreshScopes(): Promise<{ readonly user?: string; readonly scopes: readonly Scope[] }>;
  /** Turns the session into a machine token and delivers it. Throws as `token`, and `forbidden`, `not_found`. */
  authorize(request: AuthorizeRequest): Promise<AuthorizeResult>;
  /** A machine token for a gateway code, without delivery. */
  machineToken(request: MachineTokenRequest): Promise<MachineToken>;
  status(): Promise<AgentStatus>;
  /** Stops serving and ends the agent's process once calls under way are answered. */
  stop(): Promise<void>;
  /** Lets go of the connection; the agent itself goes on. */
  close(): void;
}
