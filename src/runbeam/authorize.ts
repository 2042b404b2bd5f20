/** Turns a user's session into a gateway's machine token and brings it there (CONTRACTS 3 and 4). */
import type { Clock } from '../clock.ts';
import { BeamError } from '../errors.ts';
import type { Http } from '../http.ts';
import type { Secret } from '../secret.ts';
import { instanceKey, type InstanceKey } from '../store/instance-key.ts';
import { setGatewayId } from '../store/instances.ts';
import { withLock } from '../store/lock.ts';
import { clearPendingToken, loadPendingToken, saveMachineToken, savePendingToken } from '../store/machine-token.ts';
import { instanceLock, type Homes } from '../store/paths.ts';
import type { MachineToken } from '../store/types.ts';
import type { AuthorizeRequest, AuthorizeResult } from './authorization.ts';
import { resolveBaseUrl } from './base-url.ts';
import { authorizeGateway, type GatewayAuthorization } from './cloud.ts';
import { createHarmony, type Harmony } from './harmony.ts';
import { shellWord } from './harmony-problem.ts';

export interface AuthorizeDeps {
  readonly homes: Homes;
  /** Read for `RUNBEAM_ENCRYPTION_KEY` and `BEAMD_ENCRYPTION_KEY`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly http: Http;
  readonly clock: Clock;
  /** A fresh user token. Throws `login_required`, `session_ended`, `network`… */
  readonly accessToken: () => Promise<Secret>;
  /** The account's configured base URL, as `parseApiUrl` gives it. */
  readonly apiUrl: string;
  readonly signal?: AbortSignal;
}

/** What is known of the gateway besides its machine token. */
type Facts = Pick<AuthorizeResult, 'gateway' | 'expiresAt' | 'expiresIn' | 'abilities' | 'authorizedBy'>;

/**
 * Authorizes one instance. What was issued but did not reach the gateway is kept encrypted and reported with
 * `delivered: false`; a later call with `retry` delivers it.
 * Throws what `authorizeGateway` and, for `via: 'harmony'`, the gateway's calls throw; `not_found` and `expired_token` for
 * a retry with nothing (valid) to deliver; `storage*`, `bad_key`, `busy`.
 */
export async function authorizeInstance(deps: AuthorizeDeps, request: AuthorizeRequest): Promise<AuthorizeResult> {
  const { id } = request.instance;
  const harmony = createHarmony(request.instance, deps.http, deps.signal);
  // One at a time for each instance: two at once could clear each other's kept token.
  return withLock(
    instanceLock(deps.homes, id),
    async () => {
      if (request.via === 'harmony' && !request.retry) return askHarmony(deps, request, harmony);
      const key = await instanceKey(deps.homes, id, deps.env);
      return request.retry ? retry(deps, request, harmony, key) : askCloud(deps, request, harmony, key);
    },
    { clock: deps.clock, timeout: 30_000 },
  );
}

/** A new machine token for a gateway code, delivered nowhere and stored nowhere. Throws as `authorizeGateway`. */
export async function machineTokenFor(deps: AuthorizeDeps, gatewayCode: string): Promise<MachineToken> {
  return toMachineToken(await issue(deps, gatewayCode), deps.clock);
}

async function issue(deps: AuthorizeDeps, gatewayCode: string): Promise<GatewayAuthorization> {
  const token = await deps.accessToken();
  const baseUrl = await resolveBaseUrl(deps.apiUrl, deps.http, deps.signal);
  const access = { http: deps.http, baseUrl, token, ...(deps.signal ? { signal: deps.signal } : {}) };
  return authorizeGateway(access, gatewayCode);
}

async function askCloud(
  deps: AuthorizeDeps,
  request: AuthorizeRequest,
  harmony: Harmony,
  key: InstanceKey,
): Promise<AuthorizeResult> {
  const issued = await issue(deps, request.instance.id);
  const token = toMachineToken(issued, deps.clock);
  // Kept before it is delivered: from here on no crash loses what the cloud has issued.
  await savePendingToken(deps.homes, request.instance.id, token, deps.env);
  const facts: Facts = {
    gateway: issued.gateway,
    expiresAt: issued.expiresAt,
    expiresIn: issued.expiresIn,
    abilities: issued.abilities,
    ...(issued.authorizedBy === undefined ? {} : { authorizedBy: issued.authorizedBy }),
  };
  return deliver(deps, request, harmony, key, token, facts);
}

async function retry(
  deps: AuthorizeDeps,
  request: AuthorizeRequest,
  harmony: Harmony,
  key: InstanceKey,
): Promise<AuthorizeResult> {
  const { id, label } = request.instance;
  const token = await loadPendingToken(deps.homes, id, deps.env);
  const again = { hint: `runbeam harmony:authorize -l ${shellWord(label)}` };
  if (token === undefined) throw new BeamError('not_found', 'No undelivered machine token is kept for this instance', again);
  if (Date.parse(token.expiresAt) <= deps.clock.now()) {
    clearPendingToken(deps.homes, id);
    throw new BeamError('expired_token', 'The machine token that was kept for this instance has expired', again);
  }
  const gateway = { id: token.gatewayId, code: token.gatewayCode ?? id, name: label };
  return deliver(deps, request, harmony, key, token, { gateway, expiresAt: token.expiresAt, abilities: token.abilities });
}

/** Brings a kept token to the gateway; whatever stops it becomes `problem`, because the token stays kept. */
async function deliver(
  deps: AuthorizeDeps,
  request: AuthorizeRequest,
  harmony: Harmony,
  key: InstanceKey,
  token: MachineToken,
  facts: Facts,
): Promise<AuthorizeResult> {
  const { id } = request.instance;
  try {
    await harmony.deliver({ token, encryptionKey: key.base64 });
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    if (error.code !== 'not_found') return undelivered(facts, error);
    // A gateway without `/token` is an older one: it can only ask the cloud itself.
    return askHarmony(deps, request, harmony).catch((cause: unknown) => {
      if (cause instanceof BeamError) return undelivered(facts, cause);
      throw cause;
    });
  }
  await saveMachineToken(deps.homes, id, token, key.identity);
  clearPendingToken(deps.homes, id);
  await setGatewayId(deps.homes, id, token.gatewayId, deps.clock);
  return { ...facts, via: 'cloud', delivered: true };
}

function undelivered(facts: Facts, error: BeamError): AuthorizeResult {
  const problem = { message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  return { ...facts, via: 'cloud', delivered: false, problem };
}

/** Hands the user's token to the gateway, which asks the cloud and keeps what it gets; we never see that token. */
async function askHarmony(deps: AuthorizeDeps, request: AuthorizeRequest, harmony: Harmony): Promise<AuthorizeResult> {
  const { id } = request.instance;
  const answer = await harmony.authorize(await deps.accessToken(), id);
  clearPendingToken(deps.homes, id);
  await setGatewayId(deps.homes, id, answer.gateway.id, deps.clock);
  return {
    gateway: answer.gateway,
    expiresAt: answer.expires_at,
    ...(answer.expires_in === undefined ? {} : { expiresIn: answer.expires_in }),
    abilities: [],
    via: 'harmony',
    delivered: true,
  };
}

function toMachineToken(issued: GatewayAuthorization, clock: Clock): MachineToken {
  return {
    machineToken: issued.machineToken,
    expiresAt: issued.expiresAt,
    gatewayId: issued.gateway.id,
    gatewayCode: issued.gateway.code,
    abilities: issued.abilities,
    issuedAt: new Date(clock.now()).toISOString(),
  };
}
