/** What is asked for, and what comes of it, when an instance is authorized. Crosses the agent's socket. */

export interface AuthorizeRequest {
  readonly instance: {
    readonly id: string;
    readonly ip: string;
    readonly port: number;
    readonly label: string;
    readonly pathPrefix: string;
  };
  /** `cloud`: ask Runbeam Cloud, deliver to `/token`. `harmony`: hand the user token to the gateway's `/authorize`. */
  readonly via: 'cloud' | 'harmony';
  /** Deliver the machine token kept from an earlier, undelivered authorization; ask the cloud for nothing. */
  readonly retry: boolean;
  /**
   * RFC 3339: the end of the token that is to be replaced. Where the gateway has one that ends later meanwhile, nothing is
   * asked, and that one is the result. Absent: a new one in any case.
   */
  readonly replaces?: string;
}

export interface AuthorizeResult {
  readonly gateway: { readonly id: string; readonly code: string; readonly name: string };
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly expiresIn?: number;
  readonly abilities: readonly string[];
  readonly authorizedBy?: { readonly name: string; readonly email: string };
  readonly via: 'cloud' | 'harmony';
  /** The gateway was sent the instance's key, which it keeps in its memory alone. */
  readonly keySent?: boolean;
  /** False: the machine token was issued and is kept, but the gateway does not have it. `problem` says why. */
  readonly delivered: boolean;
  readonly problem?: { readonly message: string; readonly hint?: string };
}
