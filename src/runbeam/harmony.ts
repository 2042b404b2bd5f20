/** The management API of one Harmony gateway (docs/contracts.md 4). Every call ends within 10 seconds. */
import type * as v from 'valibot';
import { BeamError } from '../errors.ts';
import type { Http, HttpRequest, HttpResponse, ServerTrust } from '../http.ts';
import { parseJson } from '../net/answers.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { Secret } from '../secret.ts';
import { readSettings, type InstanceSettings } from '../store/instances/instance-settings.ts';
import type { Instance } from '../store/instances/instances.ts';
import type { MachineToken } from '../store/instances/machine-token.ts';
import type { Homes } from '../store/paths.ts';
import { hostOf, isSuccess } from './cloud/base-url.ts';
import { harmonyOrigin, plaintextAddress, prefixPath } from './harmony-address.ts';
import {
  authorizedSchema,
  infoSchema,
  pipelinesSchema,
  reloadSchema,
  routesSchema,
  updateSchema,
  type HarmonyAuthorized,
  type HarmonyInfo,
  type HarmonyPipeline,
  type HarmonyReload,
  type HarmonyRoute,
  type HarmonyUpdate,
} from './harmony-answers.ts';
import { findHarmonyApi, findVersion, type HarmonyApi, type ProbeInput } from './harmony-api.ts';
import { harmonyProblem, isPage, saysNo, unreached } from './harmony-problem.ts';

/** Milliseconds for one call to a gateway. */
const DEADLINE = 10_000;

export type HarmonyTarget = Pick<Instance, 'ip' | 'port' | 'label' | 'pathPrefix'>;

/** What a gateway is spoken to with. */
export interface HarmonyDeps {
  readonly homes: Homes;
  /** The client for a server that is trusted as said. */
  readonly http: (trust: ServerTrust) => Http;
  readonly signal?: AbortSignal;
}

/** What a machine token is delivered with. */
export interface Delivery {
  readonly token: MachineToken;
  /** The cloud that the token is of; without it the gateway goes on to talk to its own default. */
  readonly apiBaseUrl: string;
  /** The instance's age identity line in base64, if one was configured; else the gateway uses its own. */
  readonly encryptionKey?: Secret | undefined;
}

/** What a gateway needs to ask the cloud itself. */
export interface Handover {
  readonly userToken: Secret;
  readonly gatewayCode: string;
  readonly encryptionKey?: Secret | undefined;
}

/**
 * One gateway's calls. All throw `network`, `timeout`, `server_error`, `bad_answer`, `not_found` (404: wrong prefix or an
 * older gateway), `forbidden` (403; the hint is the `[runbeam] enabled` help where that is the reason).
 */
export interface Harmony {
  info(): Promise<HarmonyInfo>;
  pipelines(): Promise<readonly HarmonyPipeline[]>;
  routes(): Promise<readonly HarmonyRoute[]>;
  reload(): Promise<HarmonyReload>;
  update(): Promise<HarmonyUpdate>;
  /** Which API it has, without changing anything. Throws as `findHarmonyApi`. */
  api(): Promise<HarmonyApi>;
  /** Its version, where it is there and is a Harmony. */
  version(): Promise<string>;
  /** `POST /{prefix}/token`. */
  deliver(delivery: Delivery): Promise<void>;
  /** `POST /{prefix}/authorize`: the gateway asks the cloud itself. Also throws `token_rejected` (401). */
  authorize(handover: Handover): Promise<HarmonyAuthorized>;
}

/**
 * The gateway of an instance, spoken to as its settings say and as nothing else does: no account's CA, no `--insecure` counts
 * for it. Throws as `createHarmony`.
 */
export function openHarmony({ homes, http, signal }: HarmonyDeps, instance: HarmonyTarget & Pick<Instance, 'id'>): Harmony {
  const settings = readSettings(homes, instance.id);
  return createHarmony({ ...instance, settings }, http(trustIn(instance, settings)), signal);
}

/** Whom a client for the gateway trusts. */
export function trustIn(address: Pick<Instance, 'ip' | 'port'>, { ca, plaintextTo }: InstanceSettings): ServerTrust {
  return omitUndefined({ ca, plaintext: plaintextTo === plaintextAddress(address) ? true : undefined });
}

/** Throws `bad_config` or `insecure_transport` for an address that must not be called. */
export function createHarmony(
  target: HarmonyTarget & { readonly settings?: InstanceSettings },
  http: Http,
  signal?: AbortSignal,
): Harmony {
  const origin = harmonyOrigin(target, target.settings);
  const base = `${origin}${prefixPath(target.pathPrefix)}`;
  const host = hostOf(origin);

  const ask = (url: string, request: Omit<HttpRequest, 'url'>): Promise<HttpResponse> =>
    reach(http, omitUndefined({ ...request, url, deadline: DEADLINE, signal }), target);
  const problem = (response: HttpResponse, url: string): BeamError =>
    harmonyProblem(response, { host, path: new URL(url).pathname, label: target.label });
  const call = async (url: string, request: Omit<HttpRequest, 'url'>): Promise<HttpResponse> => {
    const response = await ask(url, request);
    if (!isSuccess(response) || saysNo(response)) throw problem(response, url);
    return response;
  };
  const read = async <T extends v.GenericSchema>(name: string, schema: T): Promise<v.InferOutput<T>> =>
    parseJson(await call(`${base}/${name}`, {}), schema, `${name} answer of ${host}`);
  const probe: ProbeInput = {
    ask: (name, request) => ask(`${base}/${name}`, request),
    problem: (response, name) => problem(response, `${base}/${name}`),
    host,
  };

  return {
    info: () => read('info', infoSchema),
    pipelines: async () => (await read('pipelines', pipelinesSchema)).pipelines,
    routes: async () => (await read('routes', routesSchema)).routes,
    reload: async () =>
      parseJson(await call(`${origin}/api/reload`, { method: 'POST' }), reloadSchema, `reload answer of ${host}`),
    update: async () => parseJson(await call(`${base}/update`, { method: 'POST' }), updateSchema, `update answer of ${host}`),
    api: () => findHarmonyApi(probe),
    version: () => findVersion(probe),
    deliver: async (delivery) => {
      const response = await call(`${base}/token`, { method: 'POST', json: tokenBody(delivery) });
      // A login page or a proxy in between says 200 too, and the gateway has nothing.
      if (isPage(response)) {
        const message = `${host} answered the machine token with a web page: that is not Harmony's management API`;
        throw new BeamError('bad_answer', message, { hint: { command: 'runbeam harmony:list' } });
      }
    },
    authorize: async (handover) => {
      const request = { method: 'POST', bearer: handover.userToken, json: handoverBody(handover) } as const;
      return parseJson(await call(`${base}/authorize`, request), authorizedSchema, `authorization answer of ${host}`);
    },
  };
}

function handoverBody({ gatewayCode, encryptionKey }: Handover): Record<string, unknown> {
  // 0.4 wants the one, 0.12 the other.
  return omitUndefined({ gateway_code: gatewayCode, gateway_id: gatewayCode, encryption_key: encryptionKey?.reveal() });
}

function tokenBody({ token, apiBaseUrl, encryptionKey }: Delivery): Record<string, unknown> {
  return omitUndefined({
    machine_token: token.machineToken.reveal(),
    expires_at: token.expiresAt,
    gateway_id: token.gatewayId,
    gateway_code: token.gatewayCode,
    abilities: token.abilities,
    encryption_key: encryptionKey?.reveal(),
    api_base_url: apiBaseUrl,
  });
}

/** The call itself; what never arrived says how to find out why. */
async function reach(http: Http, request: HttpRequest, target: HarmonyTarget): Promise<HttpResponse> {
  try {
    return await http(request);
  } catch (error) {
    throw error instanceof BeamError ? unreached(error, new URL(request.url), target) : error;
  }
}
