/** An account, as the rest of the program sees it. On disk the names are snake_case (`default_scope`). */
import type { Secret } from '../../secret.ts';
import type { StorageName } from '../secrets/secret-store.ts';

/** An org inside one login. The first one of an account is the personal one. */
export interface Scope {
  readonly slug: string;
  readonly role?: string;
}

/** How the session was obtained, and so how it is refreshed and revoked. */
export type DialectName = 'beam-auth' | 'oauth' | 'runbeam' | 'static';

/** An account file without its credential. Everything here may be shown. */
export interface Account {
  readonly key: string;
  /** `Server.name` of the edge or of Runbeam Cloud. */
  readonly server: string;
  readonly provider: 'edge' | 'runbeam';
  readonly kind: 'session' | 'token';
  readonly dialect: DialectName;
  readonly user?: string;
  readonly scopes: readonly Scope[];
  readonly defaultScope?: string;
  readonly storage: StorageName;
  /** `Server.name` of the control plane that gave the session (`control_plane`), where it differs from `server`. */
  readonly controlPlane?: string;
  /** OAuth only: issuer and client of the session. */
  readonly issuer?: string;
  readonly clientId?: string;
  /** Runbeam Cloud only: the base URL the session belongs to. */
  readonly apiUrl?: string;
  readonly insecureSkipVerify?: boolean;
  /** Unix seconds; set when the server definitively rejected the session. The account stays, without credential. */
  readonly endedAt?: number;
  /** Set while the credential is sealed with a passphrase on top of its storage. */
  readonly locked?: PassphraseLock;
  /** Unix seconds when the server was last asked whether a session without expiry is alive. */
  readonly checkedAt?: number;
}

/** A lock by passphrase, and the wrong ones tried since. */
export interface PassphraseLock {
  readonly failures: number;
  /** Unix seconds before which no further passphrase is tried. */
  readonly notBefore?: number;
}

/** The secret half of an account. */
export interface Credential {
  readonly accessToken: Secret;
  readonly refreshToken?: Secret;
  /** Unix seconds. Absent: the token does not expire by itself. */
  readonly expiresAt?: number;
  /** Unix seconds when the access token was issued, on this machine's clock. */
  readonly issuedAt?: number;
}
