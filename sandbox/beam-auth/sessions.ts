/** Sessions of a server that rotates refresh tokens: one is valid, and using an older one again ends the session. */
import { randomBytes } from 'node:crypto';

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

interface SessionRecord {
  /** Refresh tokens already traded, and when (milliseconds since 1970). */
  readonly traded: Map<string, number>;
  /** Access tokens and when they expire (milliseconds since 1970). */
  readonly access: Map<string, number>;
  ended: boolean;
}

export interface SessionRules {
  /** Seconds an access token lives; undefined: for as long as its session. */
  readonly lifetime: () => number | undefined;
  /** Seconds in which a traded refresh token may be used again, for a client that lost the answer. */
  readonly grace: number;
}

export class RotatingSessions {
  readonly #rules: SessionRules;
  readonly #byRefresh = new Map<string, SessionRecord>();
  readonly #byAccess = new Map<string, SessionRecord>();

  constructor(rules: SessionRules) {
    this.#rules = rules;
  }

  begin(): Tokens {
    return this.#issue({ traded: new Map(), access: new Map(), ended: false });
  }

  /** New tokens, or undefined (`invalid_grant`). Reuse after the grace ends the session with all its tokens. */
  refresh(refreshToken: string): Tokens | undefined {
    const session = this.#byRefresh.get(refreshToken);
    if (session === undefined || session.ended) return undefined;
    const tradedAt = session.traded.get(refreshToken);
    if (tradedAt === undefined) session.traded.set(refreshToken, Date.now());
    else if (Date.now() - tradedAt >= this.#rules.grace * 1000) {
      session.ended = true;
      return undefined;
    }
    return this.#issue(session);
  }

  accepts(accessToken: string): boolean {
    const session = this.#byAccess.get(accessToken);
    return session !== undefined && !session.ended && Date.now() < (session.access.get(accessToken) ?? 0);
  }

  /** When an access token that was issued ends, milliseconds since 1970; undefined for any other. */
  endOf(accessToken: string): number | undefined {
    return this.#byAccess.get(accessToken)?.access.get(accessToken);
  }

  /** Ends the session that a token of either kind belongs to. */
  revoke(token: string): boolean {
    const session = this.#byRefresh.get(token) ?? this.#byAccess.get(token);
    if (session === undefined || session.ended) return false;
    session.ended = true;
    return true;
  }

  /** Every access token is dead from now on; refresh tokens are not. */
  expireAccess(): void {
    for (const session of this.#byAccess.values()) session.access.clear();
  }

  endAll(): void {
    for (const session of this.#byRefresh.values()) session.ended = true;
  }

  /** Sessions that can still be refreshed. */
  live(): number {
    return new Set([...this.#byRefresh.values()].filter((session) => !session.ended)).size;
  }

  #issue(session: SessionRecord): Tokens {
    const tokens = { accessToken: `bat_${randomPart()}`, refreshToken: `brt_${randomPart()}` };
    const lifetime = this.#rules.lifetime();
    session.access.set(tokens.accessToken, lifetime === undefined ? Infinity : Date.now() + lifetime * 1000);
    this.#byRefresh.set(tokens.refreshToken, session);
    this.#byAccess.set(tokens.accessToken, session);
    return tokens;
  }
}

function randomPart(): string {
  return randomBytes(24).toString('base64url');
}
