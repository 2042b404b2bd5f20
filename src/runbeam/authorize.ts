/** Turns a user's session into a gateway's machine token and brings it there (docs/contracts.md 3 and 4). */
import type { Env } from '../environment.ts';
import type { Clock } from '../clock.ts';
import { BeamError, systemCode, type ErrorCode } from '../errors.ts';
import type { Http, ServerTrust } from '../http.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { Secret } from '../secret.ts';
import { findInstanceKey, instanceKey, type InstanceKey } from '../store/instances/instance-key.ts';
import { setGatewayId } from '../store/instances/instances.ts';
import { withInstanceLock } from '../store/instances/instance-lock.ts';
import {
  clearPendingToken,
  hasPendingToken,
  loadPendingToken,
  saveMachineToken,
  savePendingToken,
  storedMark,
  tokenMarks,
  type MachineToken,
} from '../store/instances/machine-token.ts';
import { beginRecord, findRecord, type LedgerEntry, type LedgerRecord } from '../store/instances/token-ledger.ts';
import type { Homes } from '../store/paths.ts';
import { ensureStoreKey } from '../store/secrets/key-file.ts';
import type { AuthorizeRequest, AuthorizeResult } from './authorization.ts';
import { CloudClient, machineTokenOf, type GatewayAuthorization } from './cloud/client.ts';
import { openHarmony, type Harmony } from './harmony.ts';
import { shellWord } from '../text.ts';
import { tokenInForce } from './token-standing.ts';

/** What takes a user's session to a machine token. */
export interface IssueDeps {
  readonly homes: Homes;
  /** Read for `RUNBEAM_ENCRYPTION_KEY` and `BEAMD_ENCRYPTION_KEY`. */
  readonly env: Env;
  /** For Runbeam Cloud. */
  readonly http: Http;
  readonly clock: Clock;
  /** A fresh user token; another one than that which was `refused`, if there is one. Throws `login_required`, `session_ended`, `network`… */
  readonly accessToken: (refused?: Secret) => Promise<Secret>;
  /** As `CloudDeps.rejected`. */
  readonly rejected?: (() => BeamError) | undefined;
  /** The account's configured base URL, as `parseApiUrl` gives it. */
  readonly apiUrl: string;
  /** The key that undelivered tokens are kept with, if that was looked up: of many only the first needs to. */
  readonly storeKey?: Secret | undefined;
  /** Where its API is, if that is known: of many authorizations only the first needs to ask. */
  readonly baseUrl?: string | undefined;
  readonly signal?: AbortSignal;
}

export interface AuthorizeDeps extends IssueDeps {
  /** For a gateway, which is trusted as its own settings say. */
  readonly gatewayHttp: (trust: ServerTrust) => Http;
}

/** One authorization under way. */
interface Job {
  readonly deps: AuthorizeDeps;
  readonly request: AuthorizeRequest;
  readonly harmony: Harmony;
  /** Of the token that is brought to the gateway. */
  readonly record?: LedgerRecord | undefined;
}

/** What is known of the gateway besides its machine token. */
type Facts = Pick<AuthorizeResult, 'gateway' | 'expiresAt' | 'expiresIn' | 'abilities' | 'authorizedBy'>;

/**
 * Authorizes one instance. What was issued but did not reach the gateway is kept encrypted and reported with
 * `delivered: false`; a later call with `retry` delivers it.
 * Throws what `CloudClient.authorizeGateway` and, for `via: 'harmony'`, the gateway's calls throw; `not_found` and `expired_token` for
 * a retry with nothing (valid) to deliver; `storage`, `storage_full`, `bad_key`, `busy`.
 */
export async function authorizeInstance(deps: AuthorizeDeps, request: AuthorizeRequest): Promise<AuthorizeResult> {
  const job = { deps, request, harmony: openHarmony({ ...deps, http: deps.gatewayHttp }, request.instance) };
  // Looked at before the lock: whoever has that may be bringing what is kept to the gateway.
  const before = request.retry ? tokenInForce(deps.homes, request.instance.id) : undefined;
  return withInstanceLock(deps, request.instance.id, async () => {
    const newer = request.replaces === undefined ? undefined : replacedAlready(job, request.replaces);
    if (newer !== undefined) return newer;
    if (request.retry) return deliveredMeanwhile(job, before) ?? retry(job);
    return request.via === 'harmony' ? askHarmony(job) : askCloud(job);
  });
}

/** What somebody else has brought to the gateway since the caller looked. */
function replacedAlready(job: Job, replaces: string): AuthorizeResult | undefined {
  const now = tokenInForce(job.deps.homes, job.request.instance.id);
  return now?.expiresAt !== undefined && Date.parse(now.expiresAt) > Date.parse(replaces) ? inForce(job, now) : undefined;
}

/** The same, of a token that was kept; undefined while one is kept. */
function deliveredMeanwhile(job: Job, before: LedgerEntry | undefined): AuthorizeResult | undefined {
  const { homes } = job.deps;
  const { id } = job.request.instance;
  const now = hasPendingToken(homes, id) ? undefined : tokenInForce(homes, id);
  return now !== undefined && now.serial !== before?.serial ? inForce(job, now) : undefined;
}

function inForce({ request }: Job, { expiresAt, gatewayCode, gatewayId }: LedgerEntry): AuthorizeResult | undefined {
  const { id, label } = request.instance;
  if (expiresAt === undefined) return undefined;
  const gateway = { id: gatewayId ?? id, code: gatewayCode, name: label };
  return { gateway, expiresAt, abilities: [], via: 'cloud', delivered: true };
}

export interface MachineTokenRequest {
  readonly gatewayCode: string;
  /** The registered instance that the token is for: it is stored there. */
  readonly instanceId?: string;
}

interface IssuedToken {
  readonly token: MachineToken;
  /** It is on disk, and so not lost with whoever asked. */
  readonly stored: boolean;
}

/**
 * A new machine token for a gateway code, delivered nowhere. Throws as `CloudClient.authorizeGateway`; with an instance `bad_key`,
 * `storage`, `storage_full`, `unsafe_path`, `busy` before anything is issued, and nothing of the store after it.
 */
export async function machineTokenFor(deps: AuthorizeDeps, request: MachineTokenRequest): Promise<IssuedToken> {
  const { gatewayCode, instanceId: id } = request;
  if (id === undefined) {
    const { token, record } = await issue(deps, { gatewayCode });
    await record.became('given', factsOf(token));
    return { token, stored: false };
  }
  const issueAndStore = async (): Promise<IssuedToken> => {
    // Found or made first: keys that cannot be stored must not cost an issued token.
    const { identity } = await instanceKey(deps, id, deps.env);
    const { token, record } = await issue(deps, { gatewayCode, instance: id });
    const stored = await isStored(saveMachineToken(deps, id, token, identity));
    await record.became(stored ? 'stored' : 'given', {
      ...factsOf(token),
      mark: stored ? storedMark(deps.homes, id) : undefined,
    });
    return { token, stored };
  };
  return withInstanceLock(deps, id, issueAndStore);
}

/** What was issued is given out in any case: whoever gets it is told that it is nowhere else. */
async function isStored(saving: Promise<void>): Promise<boolean> {
  try {
    await saving;
    return true;
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return false;
  }
}

/** What the cloud has issued, and its entry in the ledger. */
interface Issued {
  readonly answer: GatewayAuthorization;
  readonly token: MachineToken;
  readonly record: LedgerRecord;
}

/** Asks the cloud for a token, and notes in the ledger that it does. What it gives is for the caller to keep, at once. */
export async function issue(
  deps: IssueDeps,
  { gatewayCode, instance }: { readonly gatewayCode: string; readonly instance?: string },
): Promise<Issued> {
  const token = await deps.accessToken();
  const { http, apiUrl, baseUrl, clock, signal, rejected } = deps;
  const given = (refused?: Secret): Secret | Promise<Secret> => (refused === undefined ? token : deps.accessToken(refused));
  const cloud = new CloudClient({ http, apiUrl, baseUrl, clock, rejected, retries: 0, token: given });
  // Found first: only the request itself is one whose answer may be lost.
  await cloud.baseUrl(omitUndefined({ signal }));
  const record = await beginRecord(deps, { cloud: new URL(apiUrl).origin, gatewayCode, instance });
  const answer = await asked(record, cloud.authorizeGateway(gatewayCode, omitUndefined({ signal })));
  return { answer, token: machineTokenOf(answer, clock), record };
}

/** Whoever was asked for a token; the ledger tells a failure that has certainly made none from a lost answer. */
async function asked<T>(record: LedgerRecord, asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    await record.became(nothingIssued(error) ? 'refused' : 'unanswered');
    throw error;
  }
}

/** Of these a request that was sent knows nothing: it never arrived. */
const NEVER_SENT: readonly (string | undefined)[] = ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'];

/** Clear answers, also of a gateway. */
const REFUSALS: readonly ErrorCode[] = ['token_rejected', 'forbidden', 'not_found', 'insecure_transport'];

/** Whether it is certain that a failed request has made no token. Of any other it is not known. */
function nothingIssued(error: unknown): boolean {
  if (!(error instanceof BeamError)) return false;
  const { status, code, cause } = error;
  if (status !== undefined) return status >= 400 && status < 500;
  return REFUSALS.includes(code) || (code === 'network' && NEVER_SENT.includes(systemCode(cause)));
}

/** What the ledger knows of a token. */
export function factsOf({ gatewayId, issuedAt, expiresAt }: MachineToken): Partial<LedgerEntry> {
  return { gatewayId, issuedAt, expiresAt };
}

async function askCloud(job: Job): Promise<AuthorizeResult> {
  const { deps, request } = job;
  // Found or made first: keys that cannot be stored must not cost an issued token.
  const key = await instanceKey(deps, request.instance.id, deps.env);
  const store = deps.storeKey ?? (await ensureStoreKey(deps.homes, deps.env));
  const { id } = request.instance;
  const { answer, token, record } = await issue(deps, { gatewayCode: id, instance: id });
  // Kept before it is delivered: from here on no crash loses what the cloud has issued.
  await savePendingToken(deps, id, token, store);
  await record.became('issued', { ...factsOf(token), mark: tokenMarks(deps.homes, id).pending });
  const { gateway, expiresAt, expiresIn, abilities, authorizedBy } = answer;
  return deliver({ ...job, record }, key, token, omitUndefined({ gateway, expiresAt, expiresIn, abilities, authorizedBy }));
}

async function retry(job: Job): Promise<AuthorizeResult> {
  const { deps, request } = job;
  const { id, label } = request.instance;
  const mark = tokenMarks(deps.homes, id).pending;
  const token = await loadPendingToken(deps.homes, id, deps.storeKey ?? (await ensureStoreKey(deps.homes, deps.env)));
  const again = { hint: { command: `runbeam harmony:authorize -l ${shellWord(label)}` } };
  if (token === undefined) throw new BeamError('not_found', 'No undelivered machine token is kept for this instance', again);
  if (Date.parse(token.expiresAt) <= deps.clock.now()) {
    await clearPendingToken(deps.homes, id);
    await findRecord(deps, id, mark)?.became('ended', { expiresAt: token.expiresAt });
    throw new BeamError('expired_token', 'The machine token that was kept for this instance has expired', again);
  }
  const key = await instanceKey(deps, id, deps.env);
  const gateway = { id: token.gatewayId, code: token.gatewayCode ?? id, name: label };
  const record = findRecord(deps, id, mark);
  return deliver({ ...job, record }, key, token, { gateway, expiresAt: token.expiresAt, abilities: token.abilities });
}

/** Brings a kept token to the gateway; whatever stops it becomes `problem`, because the token stays kept. */
async function deliver(job: Job, key: InstanceKey, token: MachineToken, facts: Facts): Promise<AuthorizeResult> {
  const { deps, request, harmony } = job;
  try {
    await harmony.deliver({ token, apiBaseUrl: deps.apiUrl, encryptionKey: sent(key) });
  } catch (error) {
    // Also one without `/token`: a 404 never gets the user's own token.
    return undelivered(facts, error);
  }
  await saveMachineToken(deps, request.instance.id, token, key.identity);
  await clearPendingToken(deps.homes, request.instance.id);
  await job.record?.became('delivered', { ...factsOf(token), mark: storedMark(deps.homes, request.instance.id) });
  await rememberGateway(job, token.gatewayId);
  return omitUndefined({ ...facts, via: 'cloud', keySent: key.configured || undefined, delivered: true });
}

/** A gateway gets a key only if one was configured: without, it makes and keeps its own. */
function sent(key: InstanceKey | undefined): Secret | undefined {
  return key?.configured === true ? key.base64 : undefined;
}

/** Throws what is not about the gateway: a bug, or the user's Ctrl-C. The token stays kept then too. */
function undelivered(facts: Facts, error: unknown): AuthorizeResult {
  if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
  const { message, hint } = error.toJSON();
  const problem = omitUndefined({ message, hint });
  return { ...facts, via: 'cloud', delivered: false, problem };
}

/** Hands the user's token to the gateway, which asks the cloud and keeps what it gets; we never see that token. */
async function askHarmony(job: Job): Promise<AuthorizeResult> {
  const { deps, request, harmony } = job;
  const { id } = request.instance;
  // Looked at first: one that is away or in trouble has passed nothing on, and what is no Harmony gets no session.
  await harmony.version();
  const key = await findInstanceKey(deps, id, deps.env);
  const handover = { userToken: await deps.accessToken(), gatewayCode: id, encryptionKey: sent(key) };
  const record = await beginRecord(deps, { cloud: new URL(deps.apiUrl).origin, gatewayCode: id, instance: id });
  const answer = await asked(record, harmony.authorize(handover));
  await record.became('delivered', { gatewayId: answer.gateway.id, expiresAt: answer.expires_at });
  await clearPendingToken(deps.homes, request.instance.id);
  await rememberGateway(job, answer.gateway.id);
  return omitUndefined({
    gateway: { id: answer.gateway.id, code: answer.gateway.code ?? id, name: answer.gateway.name ?? answer.gateway.id },
    expiresAt: answer.expires_at,
    expiresIn: answer.expires_in,
    abilities: [],
    via: 'harmony',
    keySent: key?.configured === true ? true : undefined,
    delivered: true,
  });
}

/** An instance that was removed meanwhile is authorized all the same. */
async function rememberGateway({ deps, request }: Job, gatewayId: string): Promise<void> {
  await setGatewayId(deps, request.instance.id, gatewayId);
}
