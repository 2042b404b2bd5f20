import type * as Jose from 'jose';
import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import type { Env } from '../../environment.ts';
import type { Secret } from '../../secret.ts';
import type { Server } from '../../store/server.ts';
import { headerOf, isOpaque, unverifiedIssuer } from './format.ts';
import { remoteKeySet } from './jwks.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { text } from '../dialect/schemas.ts';

const LEEWAY = 60;
const AUDIENCES = ['runbeam-cli', 'runbeam-api'];
const HINT = { command: 'runbeam login' };

const person = v.object({ id: v.union([v.string(), v.number()]), name: v.string(), email: v.string() });
const team = v.object({ id: v.union([v.string(), v.number()]), name: v.string() });

// 1e999 is a number in JSON, and Infinity here: a token that never ends.
const time = v.pipe(v.number(), v.finite());

const claimsSchema = v.object({
  iss: text,
  sub: v.union([text, v.number()]),
  /** Unix seconds. */
  exp: time,
  iat: v.optional(time),
  nbf: v.optional(time),
  aud: v.optional(v.union([v.string(), v.array(v.string())])),
  user: v.fallback(v.optional(person), undefined),
  team: v.fallback(v.optional(team), undefined),
});

/** The checked claims of a user token (docs/contracts.md 3). Text is the server's: `printable` before it is shown. */
export type UserClaims = v.InferOutput<typeof claimsSchema>;

export type VerifiedToken = { readonly kind: 'jwt'; readonly claims: UserClaims } | { readonly kind: 'opaque' };

export interface VerifyDeps {
  /** The account's own server: the only issuer that is believed, and the only host that is asked for keys. */
  readonly server: Server;
  /** `RUNBEAM_JWT_SECRET`: HS256, and HS256 alone. `RUNBEAM_JWKS_TTL`: seconds. */
  readonly env: Env;
  readonly http: Http;
  readonly clock: Clock;
}

/** Key sets outlive a call, so that the limits of `remoteKeySet` hold for all calls over one client. */
const keySets = new WeakMap<Http, Map<string, Promise<Jose.JWTVerifyGetKey>>>();

/**
 * Checks a Runbeam Cloud user token. A Sanctum token is `opaque`: never parsed. A JWT must be RS256 with a `kid` in the
 * key set of the account's own server, its `iss` there too, its times right within 60 s, its `aud` (if any) ours.
 * Throws `session_ended` for an expired one, `token_rejected` for a bad one, and what fetching the keys throws.
 */
export async function verifyUserToken(token: Secret, deps: VerifyDeps): Promise<VerifiedToken> {
  const raw = token.reveal();
  if (isOpaque(raw)) return { kind: 'opaque' };
  const header = headerOf(raw);
  if (header === undefined) throw rejected(deps.server, 'is neither a JWT nor a Sanctum token');
  const secret = deps.env['RUNBEAM_JWT_SECRET'];
  const algorithm = secret === undefined || secret === '' ? 'RS256' : 'HS256';
  if (header.alg !== algorithm) throw rejected(deps.server, `is not signed with ${algorithm}`);
  checkIssuer(unverifiedIssuer(raw), deps.server);
  if (algorithm === 'RS256' && header.kid === undefined) throw rejected(deps.server, 'does not name its key');
  const { jwtVerify, errors } = await import('jose');
  const options = { algorithms: [algorithm], clockTolerance: LEEWAY, currentDate: new Date(deps.clock.now()) };
  try {
    const shared = Buffer.from(secret ?? '', 'utf8');
    const verified = await (algorithm === 'HS256'
      ? jwtVerify(raw, shared, options)
      : jwtVerify(raw, await keySet(deps), options));
    return { kind: 'jwt', claims: checkClaims(verified.payload, deps) };
  } catch (error) {
    throw mapped(error, errors, deps);
  }
}

/** The keys of the account's own server. */
function keySet({ server, http, clock, env }: VerifyDeps): Promise<Jose.JWTVerifyGetKey> {
  const url = `${server.origin}/api/.well-known/jwks.json`;
  const known = keySets.get(http) ?? new Map<string, Promise<Jose.JWTVerifyGetKey>>();
  keySets.set(http, known);
  const ttl = /^\d{1,9}$/.test(env['RUNBEAM_JWKS_TTL'] ?? '') ? Number(env['RUNBEAM_JWKS_TTL']) : undefined;
  const keys = known.get(url) ?? remoteKeySet(url, omitUndefined({ http, clock, ttl }));
  known.set(url, keys);
  return keys;
}

/** Before anything is fetched: `iss` may be longer than the origin, but never lie elsewhere. */
function checkIssuer(issuer: string | undefined, server: Server): void {
  const url = issuer !== undefined && URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url?.origin !== server.origin) throw rejected(server, 'comes from another issuer');
}

function checkClaims(payload: unknown, { server, clock }: VerifyDeps): UserClaims {
  const result = v.safeParse(claimsSchema, payload);
  if (!result.success) throw rejected(server, `has no usable claim ${v.getDotPath(result.issues[0]) ?? ''}`.trim());
  const { iat, aud } = result.output;
  if (iat !== undefined && iat > clock.now() / 1000 + LEEWAY) throw rejected(server, 'was issued in the future');
  const audiences = aud === undefined ? AUDIENCES : [aud].flat();
  if (!audiences.some((one) => AUDIENCES.includes(one))) throw rejected(server, 'is meant for another audience');
  return result.output;
}

function mapped(error: unknown, errors: typeof Jose.errors, { server }: VerifyDeps): BeamError {
  if (error instanceof BeamError) return error;
  if (error instanceof errors.JWTExpired) {
    const { exp } = error.payload;
    const when = typeof exp === 'number' && Math.abs(exp) < 8e12 ? ` on ${new Date(exp * 1000).toISOString()}` : '';
    return new BeamError('session_ended', `The session on ${server.name} expired${when}`, { hint: HINT, cause: error });
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return rejected(server, error.claim === 'nbf' ? 'is not valid yet' : 'has claims that do not hold', error);
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return rejected(server, 'is signed with a key that the server does not have', error);
  }
  return rejected(server, 'has no valid signature', error);
}

function rejected(server: Server, why: string, cause?: unknown): BeamError {
  return new BeamError('token_rejected', `The user token for ${server.name} ${why}`, { hint: HINT, cause });
}
