/** The one place where the signature and the claims of a JWT are checked, whatever they are checked for. */
import type * as Jose from 'jose';
import * as v from 'valibot';
import { rfc3339, type Clock } from '../../clock.ts';
import { BeamError, type ErrorOptions } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { text } from '../dialect/schemas.ts';
import { headerOf, unverifiedIssuer } from './format.ts';

/** Seconds that two clocks may differ. */
const LEEWAY = 60;

/** What verifies one token: a key, or the set that has it. */
export type VerifyKey = Jose.JWTVerifyGetKey | Jose.CryptoKey | Jose.KeyObject | Uint8Array;

/** What of a token did not hold. */
export type FailedCheck =
  'format' | 'algorithm' | 'issuer' | 'key' | 'signature' | 'expiry' | 'not_before' | 'issued_at' | 'audience' | 'claims';

const checks = new WeakMap<BeamError, FailedCheck>();

/** Which check an error of `checkToken` is about; undefined for any other. */
export function failedCheck(error: BeamError): FailedCheck | undefined {
  return checks.get(error);
}

/** Notes which check an error is about. */
export function ofCheck(check: FailedCheck, error: BeamError): BeamError {
  checks.set(error, check);
  return error;
}

export interface TokenRules {
  readonly algorithm: 'RS256' | 'HS256';
  readonly key: () => VerifyKey | Promise<VerifyKey>;
  /** The token must name the key that it is signed with. */
  readonly needsKid: boolean;
  /** Asked before any key is looked for. */
  readonly isIssuer: (issuer: string) => boolean;
  /** One of these it must be meant for; absent: for whomever. */
  readonly audiences?: readonly string[] | undefined;
  /** A token that is meant for nobody by name will not do. */
  readonly needsAudience: boolean;
  readonly clock: Pick<Clock, 'now'>;
  /** The error for a token that is none, or that ended `when`. */
  readonly rejected: (why: string, cause?: unknown) => BeamError;
  readonly expired: (when: string, options: Pick<ErrorOptions, 'at' | 'cause'>) => BeamError;
}

// 1e999 is a number in JSON, and Infinity here: a token that never ends.
const time = v.pipe(v.number(), v.finite());

const claimsSchema = v.looseObject({
  iss: text,
  sub: v.optional(v.union([text, v.number()])),
  exp: time,
  iat: v.optional(time),
  nbf: v.optional(time),
  aud: v.optional(v.union([v.string(), v.array(v.string())])),
});

/** Checked claims; times are unix seconds. Members that are not listed are as they were signed. Text is its issuer's. */
export interface TokenClaims {
  readonly iss: string;
  readonly sub?: string | number | undefined;
  readonly exp: number;
  readonly iat?: number | undefined;
  readonly nbf?: number | undefined;
  readonly aud?: string | readonly string[] | undefined;
  readonly [claim: string]: unknown;
}

/** The claims of a JWT that holds by these rules. Throws what `rejected` and `expired` make, and what finding the key throws. */
export async function checkToken(raw: string, rules: TokenRules): Promise<TokenClaims> {
  const { algorithm, rejected, clock } = rules;
  const header = headerOf(raw);
  if (header === undefined) throw ofCheck('format', rejected('is neither a JWT nor a Sanctum token'));
  if (header.alg !== algorithm) throw ofCheck('algorithm', rejected(`is not signed with ${algorithm}`));
  if (!rules.isIssuer(unverifiedIssuer(raw) ?? '')) throw ofCheck('issuer', rejected('comes from another issuer'));
  if (rules.needsKid && header.kid === undefined) throw ofCheck('key', rejected('does not name its key'));
  const { jwtVerify, errors } = await import('jose');
  const options = { algorithms: [algorithm], clockTolerance: LEEWAY, currentDate: new Date(clock.now()) };
  try {
    const key = await rules.key();
    const verified = typeof key === 'function' ? await jwtVerify(raw, key, options) : await jwtVerify(raw, key, options);
    return checkClaims(verified.payload, rules);
  } catch (error) {
    throw mapped(error, errors, rules);
  }
}

function checkClaims(payload: unknown, { clock, audiences, needsAudience, rejected }: TokenRules): TokenClaims {
  const result = v.safeParse(claimsSchema, payload);
  if (!result.success) {
    throw ofCheck('claims', rejected(`has no usable claim ${v.getDotPath(result.issues[0]) ?? ''}`.trim()));
  }
  const { iat, aud } = result.output;
  if (iat !== undefined && iat > clock.now() / 1000 + LEEWAY) throw ofCheck('issued_at', rejected('was issued in the future'));
  if (audiences === undefined || (aud === undefined && !needsAudience)) return result.output;
  if (![aud ?? []].flat().some((one) => audiences.includes(one))) {
    throw ofCheck('audience', rejected('is meant for another audience'));
  }
  return result.output;
}

function mapped(error: unknown, errors: typeof Jose.errors, { rejected, expired }: TokenRules): BeamError {
  if (error instanceof BeamError) return error;
  if (error instanceof errors.JWTExpired) {
    const { exp } = error.payload;
    const when = typeof exp === 'number' && Math.abs(exp) < 8e12 ? ` at ${rfc3339(exp)}` : '';
    return ofCheck('expiry', expired(when, omitUndefined({ at: when === '' ? undefined : exp, cause: error })));
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return ofCheck('not_before', rejected('is not valid yet', error));
    return ofCheck('claims', rejected('has claims that do not hold', error));
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return ofCheck('key', rejected('is signed with a key that the server does not have', error));
  }
  return ofCheck('signature', rejected('has no valid signature', error));
}
