/** What an answer that may hold tokens says, in the shapes that servers give it. */
import * as v from 'valibot';
import type { HttpResponse } from '../../http.ts';
import { jsonOf } from '../../net/answers.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import type { Credential } from '../../store/accounts/account.ts';
import { optionalSeconds, optionalText, text, token } from './schemas.ts';
import { unverifiedPart } from './unverified.ts';

/**
 * The tokens of an answer. The access token alone is insisted on: anything odd about the rest counts as unsaid, since
 * refusing an answer wastes an approval, or the session that the server has just rotated.
 */
export const grant = v.object({
  access_token: token,
  refresh_token: v.fallback(optionalText, undefined),
  expires_in: optionalSeconds,
});

export type Grant = v.InferOutput<typeof grant>;

/** What is kept of one. */
export type GrantedTokens = Pick<Credential, 'accessToken' | 'refreshToken' | 'expiresAt'>;

/** Whether an answer holds an access token: then it is taken, whatever its status and whatever else is in it. */
export function holdsToken(value: unknown): boolean {
  return v.is(v.object({ access_token: token }), value);
}

/** The answer's JSON, or the form that some servers send in its place (`access_token=…`). */
export function fieldsOf(answer: HttpResponse): unknown {
  const value = jsonOf(answer);
  if (value !== undefined) return value;
  const form: Record<string, string> = Object.fromEntries(new URLSearchParams(answer.text.trim()));
  return 'access_token' in form || 'error' in form ? form : undefined;
}

const failure = v.object({ error: text });

/** The `error` code of a token answer, if that is what it is. */
export function errorCodeOf(value: unknown): string | undefined {
  const result = v.safeParse(failure, value);
  return result.success ? result.output.error : undefined;
}

const LONGEST_LIFETIME = 400 * 86_400;

/** Seconds that a session which can be renewed is taken to last when nothing tells: what most servers give. */
const ASSUMED_LIFETIME = 3_600;

/**
 * Unix seconds when a token ends, by this machine's clock; undefined when the server does not say.
 *
 * @param now - milliseconds since 1970
 * @param expiresIn - seconds, cut at 400 days; a life of 0 says nothing, since nobody gives a dead token
 */
export function expiresAt(now: number, expiresIn: number | undefined): number | undefined {
  if (expiresIn === undefined || Number.isNaN(expiresIn) || expiresIn <= 0) return undefined;
  return Math.floor(now / 1000 + Math.min(LONGEST_LIFETIME, expiresIn));
}

/**
 * What is kept of a grant. Its life is what the server says, else what the token says if it is a JWT, else that of the token
 * before it. A session that can be renewed never counts as one that does not expire only because nobody said when.
 *
 * @param now - milliseconds since 1970
 * @param old - what a refresh replaces: its refresh token stays where no new one came
 */
export function granted(answer: Grant, now: number, old?: Credential): GrantedTokens {
  const refreshToken = answer.refresh_token === undefined ? old?.refreshToken : new Secret(answer.refresh_token.trim());
  const life = lifeOfJwt(answer.access_token, now) ?? lifeOf(old) ?? (refreshToken === undefined ? undefined : ASSUMED_LIFETIME);
  return omitUndefined({
    accessToken: new Secret(answer.access_token),
    refreshToken,
    expiresAt: expiresAt(now, answer.expires_in) ?? expiresAt(now, life),
  });
}

function lifeOf(old: Credential | undefined): number | undefined {
  const life = (old?.expiresAt ?? NaN) - (old?.issuedAt ?? NaN);
  return life > 0 ? Math.ceil(life) : undefined;
}

const times = v.object({
  exp: v.pipe(v.number(), v.finite()),
  iat: v.fallback(v.optional(v.pipe(v.number(), v.finite())), undefined),
});

/** Seconds: from `iat` where there is one, so that a wrong clock here does not matter. */
function lifeOfJwt(accessToken: string, now: number): number | undefined {
  const parts = accessToken.split('.');
  const found = parts.length === 3 ? unverifiedPart(parts[1], times) : undefined;
  if (found === undefined) return undefined;
  const life = found.exp - (found.iat ?? now / 1000);
  return life > 0 ? life : undefined;
}
