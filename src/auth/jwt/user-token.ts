import type * as Jose from 'jose';
import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { variable, type Env } from '../../environment.ts';
import type { Secret } from '../../secret.ts';
import type { Server } from '../../store/server.ts';
import { checkToken, ofCheck } from './check-token.ts';
import { isOpaque } from './format.ts';
import { remoteKeySet } from './jwks.ts';
import { keptKeySet } from './kept-key-set.ts';
import type { Homes } from '../../store/paths.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { text } from '../dialect/schemas.ts';

const AUDIENCES = ['runbeam-cli', 'runbeam-api'];
const HINT = { command: 'runbeam login' };

const id = v.union([v.string(), v.number()]);
const person = v.object({ id, name: v.string(), email: v.string() });
const team = v.object({ id, name: v.string() });

// Of the rest, the times above all, `checkToken` has made sure.
const claimsSchema: v.GenericSchema<unknown, UserClaims> = v.object({
  iss: v.string(),
  sub: v.union([text, v.number()]),
  exp: v.number(),
  iat: v.optional(v.number()),
  nbf: v.optional(v.number()),
  aud: v.optional(v.union([v.string(), v.array(v.string())])),
  user: v.fallback(v.optional(person), undefined),
  team: v.fallback(v.optional(team), undefined),
});

/** The checked claims of a user token (docs/contracts.md 3). Text is the server's: `printable` before it is shown. */
export interface UserClaims {
  readonly iss: string;
  readonly sub: string | number;
  /** Unix seconds, as the next two. */
  readonly exp: number;
  readonly iat?: number | undefined;
  readonly nbf?: number | undefined;
  readonly aud?: string | readonly string[] | undefined;
  readonly user?: { readonly id: string | number; readonly name: string; readonly email: string } | undefined;
  readonly team?: { readonly id: string | number; readonly name: string } | undefined;
}

/** `opaque`: a Sanctum token, which nobody has looked at. */
export type VerifiedToken = { readonly kind: 'jwt'; readonly claims: UserClaims } | { readonly kind: 'opaque' };

export interface VerifyDeps {
  /** The account's own server: the only issuer that is believed, and the only host that is asked for keys. */
  readonly server: Server;
  /** `RUNBEAM_JWT_SECRET`: HS256, and HS256 alone. `RUNBEAM_JWKS_TTL`: seconds. */
  readonly env: Env;
  readonly http: Http;
  readonly clock: Clock;
  /** Where keys are kept from one process to the next. Absent: in this process alone. */
  readonly homes?: Homes | undefined;
  /** Those that a token which names one may be meant for. Default: `runbeam-cli` and `runbeam-api`. */
  readonly audiences?: readonly string[] | undefined;
}

/** Key sets outlive a call, so that the limits of `remoteKeySet` hold for all calls over one client. */
const keySets = new WeakMap<Http, Map<string, Promise<Jose.JWTVerifyGetKey>>>();

/**
 * Checks a Runbeam Cloud user token. A Sanctum token is `opaque`: never parsed. A JWT must be RS256 with a `kid` in the
 * key set of the account's own server, its `iss` there too, its times right within 60 s, its `aud` (if any) ours.
 * Throws `session_ended` for an expired one, `token_rejected` for a bad one, and what fetching the keys throws.
 */
export async function verifyUserToken(token: Secret, deps: VerifyDeps): Promise<VerifiedToken> {
  const { server, env, clock, audiences = AUDIENCES } = deps;
  const raw = token.reveal();
  if (isOpaque(raw)) return { kind: 'opaque' };
  const secret = variable(env, 'RUNBEAM_JWT_SECRET');
  const shared = secret === undefined ? undefined : Buffer.from(secret, 'utf8');
  const rejected = (why: string, cause?: unknown): BeamError =>
    new BeamError('token_rejected', `The user token for ${server.name} ${why}`, { hint: HINT, cause });
  const claims = await checkToken(raw, {
    algorithm: shared === undefined ? 'RS256' : 'HS256',
    key: () => shared ?? keySet(deps),
    needsKid: shared === undefined,
    isIssuer: (issuer) => isIssuer(issuer, server),
    audiences,
    needsAudience: false,
    clock,
    rejected,
    expired: (when, options) =>
      new BeamError('session_ended', `The session on ${server.name} expired${when}`, { hint: HINT, ...options }),
  });
  const result = v.safeParse(claimsSchema, claims);
  if (!result.success) {
    throw ofCheck('claims', rejected(`has no usable claim ${v.getDotPath(result.issues[0]) ?? ''}`.trim()));
  }
  return { kind: 'jwt', claims: result.output };
}

/** The keys of the account's own server. */
function keySet({ server, http, clock, env, homes }: VerifyDeps): Promise<Jose.JWTVerifyGetKey> {
  const url = `${server.origin}/api/.well-known/jwks.json`;
  const known = keySets.get(http) ?? new Map<string, Promise<Jose.JWTVerifyGetKey>>();
  keySets.set(http, known);
  const ttl = /^\d{1,9}$/.test(env['RUNBEAM_JWKS_TTL'] ?? '') ? Number(env['RUNBEAM_JWKS_TTL']) : undefined;
  const source =
    homes && ((fetch: () => Promise<string>, ttl: number) => keptKeySet({ homes, clock, key: server.key, url, ttl, fetch }));
  const keys = known.get(url) ?? remoteKeySet(url, omitUndefined({ http, clock, ttl, source }));
  known.set(url, keys);
  return keys;
}

/** `iss` may be longer than the origin, but never lie elsewhere. */
function isIssuer(issuer: string, server: Server): boolean {
  return URL.canParse(issuer) && new URL(issuer).origin === server.origin;
}
