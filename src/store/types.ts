/** What the store keeps, as the rest of the program sees it. On disk the names are snake_case (`default_scope`). */
import type { Secret } from '../secret.ts';

/** A server as a user names it, made exact by `parseServer`. */
export interface Server {
  /** `https://edge.example.com`, `https://edge.example.com:8443`, `http://127.0.0.1:4000`; never a path. */
  readonly origin: string;
  /** What users read and what files hold: `edge.example.com`, `edge.example.com:8443`, `http://127.0.0.1:4000`. */
  readonly name: string;
  /** File name of the account: the host; a port other than 443 adds `_<port>`; IPv6 is `[--1]_4000`. */
  readonly key: string;
  readonly loopback: boolean;
}

/** An org inside one login. The first one of an account is the personal one. */
export interface Scope {
  readonly slug: string;
  readonly role?: string;
}

/** How the session was obtained, and so how it is refreshed and revoked. */
export type DialectName = 'beam-auth' | 'oauth' | 'runbeam' | 'static';

export type StorageName = 'age' | 'keyring' | 'plain';

/** Where a user wants a new login kept. `auto`: the OS keyring if it works, else age. */
export type StorageWish = 'auto' | 'keyring' | 'age';

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
  /** `Server.name` that was asked at login (`control_plane`), where it differs from `server`. */
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

/** A `.beamd` file (with its `.beamd.local` overlay applied). It selects; it never holds a secret. */
export interface ProjectPin {
  /** The `.beamd` file, or the `.beamd.local` when there is no `.beamd`. */
  readonly path: string;
  /** The overlay that was applied, if any. */
  readonly localPath?: string;
  readonly server?: string;
  readonly scope?: string;
  readonly name?: string;
  readonly from?: string;
}

/** `~/.beamd/config`. */
export interface GlobalConfig {
  readonly current?: string;
  readonly defaults: Readonly<Record<string, string>>;
}

/** The `--config FILE` document: a server and an API key, no account. */
export interface AppConfig {
  readonly path: string;
  readonly server: string;
  readonly token: Secret;
  readonly agentSocket?: string;
  readonly insecureSkipVerify: boolean;
}

/** One entry of `~/.runbeam/harmony.json`. Its JSON keys are `path_prefix` and `gateway_id`. */
export interface Instance {
  /** First 8 hex digits of sha256(`ip:port:label`). */
  readonly id: string;
  readonly ip: string;
  readonly port: number;
  readonly label: string;
  readonly pathPrefix: string;
  readonly gatewayId?: string;
}

/** A gateway's 30-day machine token, in memory. Its JSON form is CONTRACTS section 4's, with snake_case keys. */
export interface MachineToken {
  readonly machineToken: Secret;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly gatewayId: string;
  readonly gatewayCode?: string;
  readonly abilities: readonly string[];
  readonly issuedAt?: string;
}
