/** Calls to Runbeam Cloud with a user's token (docs/contracts.md 3). The token may be a JWT or opaque: it is passed on as it is. */
import * as v from 'valibot';
import { isToken } from '../auth/dialect/schemas.ts';
import { BeamError } from '../errors.ts';
import type { Http } from '../http.ts';
import { parseJson } from '../net/answers.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { Secret } from '../secret.ts';
import { answerProblem, callCloud, hostOf, isSuccess } from './base-url.ts';

/** What every call needs. `baseUrl` comes from `resolveBaseUrl`. */
export interface CloudAccess {
  readonly http: Http;
  readonly baseUrl: string;
  readonly token: Secret;
  readonly signal?: AbortSignal;
}

export interface GatewayAuthorization {
  readonly machineToken: Secret;
  /** Seconds. */
  readonly expiresIn?: number;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly gateway: { readonly id: string; readonly code: string; readonly name: string };
  readonly authorizedBy?: { readonly name: string; readonly email: string };
  readonly abilities: readonly string[];
}

const idSchema = v.pipe(v.union([v.string(), v.number()]), v.transform(String));

// Refusing an answer loses the token in it: only what cannot be done without is insisted on.
const authorizationSchema = v.object({
  machine_token: v.pipe(v.string(), v.check(isToken)),
  expires_in: v.fallback(v.optional(v.number()), undefined),
  expires_at: v.pipe(
    v.string(),
    v.check((text) => !Number.isNaN(Date.parse(text)), 'not a date'),
  ),
  gateway: v.object({
    id: idSchema,
    code: v.nullish(v.string()),
    name: v.nullish(v.string()),
    authorized_by: v.fallback(v.nullish(v.object({ name: v.string(), email: v.string() })), undefined),
  }),
  abilities: v.fallback(v.array(v.string()), []),
});

/**
 * `POST /harmony/authorize`: turns the user's session into a gateway's machine token.
 * Throws `token_rejected` (401), `forbidden` (403), `not_found`, `failed` (other 4xx), `server_error`, `bad_answer`,
 * `network`, `timeout`.
 */
export async function authorizeGateway(access: CloudAccess, gatewayCode: string): Promise<GatewayAuthorization> {
  const host = hostOf(access.baseUrl);
  const response = await callCloud(access.baseUrl, '/harmony/authorize', access.http, {
    method: 'POST',
    bearer: access.token,
    json: { token: access.token.reveal(), gateway_code: gatewayCode },
    ...signalOf(access),
  });
  if (!isSuccess(response)) throw answerProblem(response, host);
  const answer = parseJson(response, authorizationSchema, `authorization answer of ${host}`);
  const { id, code, name, authorized_by: by } = answer.gateway;
  return omitUndefined({
    machineToken: new Secret(answer.machine_token),
    expiresIn: answer.expires_in,
    expiresAt: answer.expires_at,
    gateway: { id, code: code ?? gatewayCode, name: name ?? id },
    authorizedBy: by ? { name: by.name, email: by.email } : undefined,
    abilities: answer.abilities,
  });
}

/**
 * Whether the cloud accepts the token: the only way to check an opaque one. `unverified` when the cloud could not be
 * asked, so that being offline is never reported as a bad token.
 */
export async function checkUserToken(access: CloudAccess): Promise<'valid' | 'rejected' | 'unverified'> {
  try {
    const response = await callCloud(access.baseUrl, '/gateways', access.http, { bearer: access.token, ...signalOf(access) });
    if (response.status === 401) return 'rejected';
    if (response.status === 403) return 'valid';
    if (!isSuccess(response)) return 'unverified';
    parseJson(response, v.object({}), `list of gateways of ${hostOf(access.baseUrl)}`);
    return 'valid';
  } catch (error) {
    if (error instanceof BeamError && error.code !== 'interrupted') return 'unverified';
    throw error;
  }
}

function signalOf(access: CloudAccess): { signal?: AbortSignal } {
  return access.signal === undefined ? {} : { signal: access.signal };
}
