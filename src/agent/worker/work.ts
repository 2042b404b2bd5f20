/**
 * What the agent leaves to a worker: everything that reads secrets, loads a heavy library or speaks to a server. The
 * agent's own process stays small, holds no refresh token, and can be killed at any instant.
 */
import { statSync } from 'node:fs';
import type { Account } from '../../store/accounts/account.ts';
import type { MachineToken } from '../../store/instances/machine-token.ts';
import type { AuthorizeRequest, AuthorizeResult } from '../protocol/agent.ts';
import type { Secret } from '../../secret.ts';
import type { ScopeList } from '../protocol/values.ts';

/** Tells one state of a file from the next; undefined if there is no file. */
export function fileStamp(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${String(stat.mtimeNs)}:${String(stat.size)}:${String(stat.ino)}`;
}

/** An account as the agent knows it: nothing secret but the access token. */
export interface LoadedSession {
  readonly account: Pick<Account, 'server' | 'provider' | 'kind' | 'scopes' | 'defaultScope' | 'checkedAt'>;
  /** `fileStamp` of the account file this was read from. */
  readonly stamp: string;
  /** Absent: the session has ended, `endedAt` (unix seconds) says when. */
  readonly accessToken?: Secret;
  readonly expiresAt?: number;
  readonly issuedAt?: number;
  readonly endedAt?: number;
  /** Whether a refresh is possible. */
  readonly renewable: boolean;
}

/** Does the agent's work. Implemented in this process by `createWork`, in a detached one by `spawnWork`. */
export interface Work {
  /** Reads the account from the store. Undefined: there is no such account (any more). */
  load(): Promise<LoadedSession | undefined>;
  /**
   * Refreshes unless the stored session is newer than `olderThan` (unix seconds it was issued), under the account's
   * lock. Throws `session_ended`, `network`, `timeout`, `server_error`, `storage_full`, `storage`, `busy`.
   */
  refresh(olderThan: number | undefined): Promise<LoadedSession | undefined>;
  refreshScopes(): Promise<ScopeList>;
  authorize(request: AuthorizeRequest): Promise<AuthorizeResult>;
  machineToken(gatewayCode: string): Promise<MachineToken>;
}
