/** One way to obtain, refresh and revoke a session. Each network dialect implements this in a file of its own. */
import type { Secret } from '../../secret.ts';
import type { Account, Credential, DialectName, Scope } from '../../store/accounts/account.ts';
import type { Clock } from '../../clock.ts';
import type { Http } from '../../http.ts';
import { BeamError, isTransient } from '../../errors.ts';

/** What a login yields, whatever the dialect. */
export interface Session {
  readonly accessToken: Secret;
  readonly refreshToken?: Secret;
  /** Unix seconds. */
  readonly expiresAt?: number;
  /** `Server.name` of the edge that the account belongs to. */
  readonly edge: string;
  readonly user?: string;
  readonly scopes: readonly Scope[];
  /** Why nobody could say what its orgs are, where `scopes` is empty for that reason alone. A full sentence without its stop. */
  readonly orgsUnknown?: string;
  /** What the account file must remember to refresh and revoke. */
  readonly issuer?: string;
  readonly clientId?: string;
  /** `Server.name` of the control plane, where that is not the edge: besides it the only server the session goes to. */
  readonly controlPlane?: string;
}

/** A started device login: what the user must see, and one poll at a time. */
export interface DeviceLogin {
  /** Absent where the URL alone is enough (Runbeam Cloud). */
  readonly userCode?: string;
  readonly verificationUri: string;
  readonly verificationUriComplete?: string;
  /** Seconds, already clamped to 1 to 1,800. */
  readonly expiresIn: number;
  /** Seconds between polls, already clamped to 1 to 60. */
  readonly interval: number;
  /**
   * Where the server that was asked sends the login to another one: the names of both. The user is shown them before the
   * code, and the session will go there.
   */
  readonly controlPlane?: { readonly name: string; readonly server: string };
  /** Seconds that this machine's clock is ahead of the server's (negative: behind), where that is over a minute. */
  readonly clockSkew?: number;
  /** What is polled with, and what the login can be taken up again by (`Dialect.resume`). */
  readonly code: Secret;
  /** Asks the server once. Throws `network`, `timeout` or `server_error` for trouble that a later poll may not have. */
  poll(signal?: AbortSignal): Promise<PollAnswer>;
}

/** What a user is shown of it. */
export type ShownLogin = Omit<DeviceLogin, 'code' | 'poll'>;

export type PollAnswer =
  | { readonly status: 'pending' }
  | { readonly status: 'slow_down' }
  | { readonly status: 'denied' }
  | { readonly status: 'expired' }
  | { readonly status: 'done'; readonly session: Session };

export type RevokeOutcome =
  /** The server confirmed that the session is dead. */
  | 'revoked'
  /** The server offers no revocation: the tokens live until they expire. */
  | 'unsupported'
  /** The server could not be asked. */
  | 'unreachable';

/** The tokens of a session that cannot be used. */
export type Tokens = Partial<Pick<Session, 'accessToken' | 'refreshToken'>>;

/** A server has given a session, and what came with it rules it out. */
export class UnusableSession extends BeamError {
  /** Ends the session at the server that gave it, and sends it to no other. */
  readonly revoke: () => Promise<RevokeOutcome>;

  constructor({ code, message, hint, cause }: BeamError, revoke: () => Promise<RevokeOutcome>) {
    super(code, message, { hint, cause });
    this.revoke = revoke;
  }
}

/** What is made of a session that was given. Throws what `work` does, as an `UnusableSession`: the code is used up, and the session lives. */
export async function usable<T>(work: () => T | Promise<T>, revoke: () => Promise<RevokeOutcome>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    throw new UnusableSession(error, () => revoking(revoke));
  }
}

export interface Dialect {
  readonly name: DialectName;
  begin(signal?: AbortSignal): Promise<DeviceLogin>;
  /** How a login that was begun before is gone on with. */
  readonly resume: ResumeWay;
}

/** The way back into a device login. */
export interface ResumeWay {
  /** Where the code goes to: the only place that may see it. */
  readonly tokenUrl: string;
  /** What asks the server once. */
  poll(code: Secret): DeviceLogin['poll'];
}

/** What can be done with a stored session. Found by `Account.dialect`. */
export interface SessionDialect {
  /**
   * Trades the refresh token for a new credential (RFC 6749 section 6). An answer without `refresh_token` keeps the old one.
   * Throws `session_ended` only for a definitive rejection (`invalid_grant`); anything else is trouble that passes. The
   * request that spends the token is made last, and `once`.
   */
  refresh(account: Account, credential: Credential): Promise<Credential>;
  revoke(account: Account, credential: Credential): Promise<RevokeOutcome>;
}

/** What every login dialect is given. */
export interface AuthDeps {
  readonly http: Http;
  readonly clock: Clock;
}

/** The public OAuth client that this program is, unless `--client-id` says otherwise. */
export const DEFAULT_CLIENT_ID = 'beamd-cli';

/**
 * Runs a revocation; trouble on the way, or an answer that is no use, is the outcome `unreachable`, since logging out goes
 * on regardless.
 */
export async function revoking(work: () => Promise<RevokeOutcome>): Promise<RevokeOutcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    if (isTransient(error.code) || error.code === 'bad_answer') return 'unreachable';
    throw error;
  }
}
