/** Runbeam Cloud, as its API is known (docs/contracts.md 3). The one client there is: commands, agent and library use it. */
import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { jsonOf } from '../../net/answers.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import { isToken } from '../../text.ts';
import type { MachineToken } from '../../store/instances/machine-token.ts';
import { isSuccess } from './base-url.ts';
import { createChanges, type Changes } from './changes.ts';
import { createCollection, idSegment, type Collection } from './collection.ts';
import * as resources from './resources.ts';
import type { Backend, Endpoint, Gateway, Pipeline, ResolvedResource, Service, Transform } from './resources.ts';
import { CloudTransport, post, type CallOptions, type CloudDeps } from './transport.ts';

/** A gateway's machine token, and what the cloud says with it. */
export interface GatewayAuthorization {
  readonly machineToken: Secret;
  /** Seconds that it is valid, from when it was issued. */
  readonly expiresIn?: number;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly gateway: { readonly id: string; readonly code: string; readonly name: string };
  readonly authorizedBy?: { readonly name: string; readonly email: string };
  readonly abilities: readonly string[];
}

/** What may be said of the machine that is authorized. */
export interface AuthorizeOptions extends CallOptions {
  readonly machinePublicKey?: string;
  readonly metadata?: readonly string[];
}

/** A configuration that a gateway has. */
export interface ConfigurationUpload {
  readonly type: 'gateway' | 'pipeline' | 'transform' | 'mesh';
  /** Of what it replaces; absent: it is new. */
  readonly id?: string;
  /** TOML. */
  readonly config: string;
}

/** What became of a configuration. */
export interface UploadedConfiguration {
  readonly id: string;
  readonly type: string;
  /** `created` or `updated`, as far as is known. */
  readonly action: string;
}

/** What proves to another member of a mesh who asks. */
export interface MeshToken {
  readonly token: Secret;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly meshId: string;
}

/** What a reference stands for. `meta` says who resolved it, and when (RFC 3339). */
export interface Resolution {
  readonly data: ResolvedResource;
  readonly meta: { readonly provider: string; readonly resolved_at: string };
}

/** What is kept of an authorization. */
export function machineTokenOf(issued: GatewayAuthorization, clock: Pick<Clock, 'now'>): MachineToken {
  return {
    machineToken: issued.machineToken,
    expiresAt: issued.expiresAt,
    gatewayId: issued.gateway.id,
    gatewayCode: issued.gateway.code,
    abilities: issued.abilities,
    issuedAt: new Date(clock.now()).toISOString(),
  };
}

const secret = v.pipe(v.string(), v.check(isToken));

const date = v.pipe(
  v.string(),
  v.check((text) => !Number.isNaN(Date.parse(text)), 'not a date'),
);

// Refusing an answer loses the token in it: only what cannot be done without is insisted on.
const authorizationSchema = v.object({
  machine_token: secret,
  expires_in: v.fallback(v.optional(v.number()), undefined),
  expires_at: date,
  gateway: v.object({
    id: resources.id,
    code: v.nullish(v.string()),
    name: v.nullish(v.string()),
    authorized_by: v.fallback(v.nullish(v.object({ name: v.string(), email: v.string() })), undefined),
  }),
  abilities: v.fallback(v.array(v.string()), []),
});

const meshTokenSchema = v.object({ token: secret, expires_at: date, mesh_id: resources.id });

const resolutionSchema = v.object({
  data: resources.resolvedResource,
  meta: v.looseObject({ provider: v.string(), resolved_at: v.string() }),
});

const uploadedSchema = v.object({
  success: v.literal(true),
  data: v.object({ id: resources.id, type: v.string(), action: v.string() }),
});

/**
 * Every call throws a `BeamError`: `token_rejected` (401), `forbidden` (403), `not_found` (404), `server_error` (429 and 5xx,
 * with `retryAfter` where the server says when), `failed` (other 4xx), `bad_answer` (what is not the answer to this call),
 * `network`, `timeout`, `interrupted` (its signal). `status` is that of the answer, if one came. What only reads is tried
 * three times where that may help; what changes something is sent once.
 */
export class CloudClient {
  readonly #transport: CloudTransport;
  /** The gateways of the team. */
  readonly gateways: Collection<Gateway>;
  readonly services: Collection<Service>;
  readonly endpoints: Collection<Endpoint>;
  readonly backends: Collection<Backend>;
  readonly pipelines: Collection<Pipeline>;
  /** There is no list of them. */
  readonly transforms: Pick<Collection<Transform>, 'get'>;
  /** What gateways are to change, and what they made of it. */
  readonly changes: Changes;

  constructor(deps: CloudDeps) {
    const transport = new CloudTransport(deps);
    this.#transport = transport;
    this.gateways = createCollection(transport, 'gateways', resources.gateway);
    this.services = createCollection(transport, 'services', resources.service);
    this.endpoints = createCollection(transport, 'endpoints', resources.endpoint);
    this.backends = createCollection(transport, 'backends', resources.backend);
    this.pipelines = createCollection(transport, 'pipelines', resources.pipeline);
    this.transforms = createCollection(transport, 'transforms', resources.transform);
    this.changes = createChanges(transport);
  }

  /** Where the API is, without a slash at its end: the cloud is asked once. */
  baseUrl(options: CallOptions = {}): Promise<string> {
    return this.#transport.baseUrl(options);
  }

  /**
   * Turns a user's session into the machine token of a gateway, which lives for 30 days. The token of this client must be a
   * user's.
   *
   * @param gatewayCode - the code under which the cloud knows the gateway, or is to know it
   */
  async authorizeGateway(gatewayCode: string, options: AuthorizeOptions = {}): Promise<GatewayAuthorization> {
    const { machinePublicKey, metadata, signal } = options;
    const rest = { gateway_code: gatewayCode, machine_public_key: machinePublicKey, metadata };
    const json = (bearer: Secret): unknown => ({ token: bearer.reveal(), ...rest });
    const call = { ...post('/harmony/authorize', rest, { signal }), json };
    const answer = await this.#transport.ask(call, authorizationSchema, 'authorization answer');
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

  /** Sends the configuration that a gateway has, for the cloud to keep. */
  async uploadConfiguration(
    { type, id, config }: ConfigurationUpload,
    options: CallOptions = {},
  ): Promise<UploadedConfiguration> {
    const call = post('/harmony/update', { type, id, config }, options);
    return (await this.#transport.ask(call, uploadedSchema, 'answer to the configuration')).data;
  }

  /** A token for a request to another member of a mesh, at `destinationUrl`. */
  async meshToken(
    { meshId, destinationUrl }: { readonly meshId: string; readonly destinationUrl: string },
    options: CallOptions = {},
  ): Promise<MeshToken> {
    const call = post('/harmony/mesh/token', { mesh_id: meshId, destination_url: destinationUrl }, options);
    const answer = await this.#transport.ask(call, meshTokenSchema, 'mesh token answer');
    return { token: new Secret(answer.token), expiresAt: answer.expires_at, meshId: answer.mesh_id };
  }

  /** What a reference such as `runbeam.acme.ingress.name.patient_api` stands for. */
  resolveResource(reference: string, options: CallOptions = {}): Promise<Resolution> {
    const path = `/harmony/resources/resolve?ref=${idSegment(reference, 'a reference')}`;
    return this.#transport.ask({ ...options, path }, resolutionSchema, 'resolved resource');
  }

  /**
   * Whether the cloud accepts the token: the only way to check an opaque one. `unverified` when the cloud could not be
   * asked, so that being offline is never reported as a bad token; it is asked once. Throws `interrupted`, and what the token
   * of this client throws.
   */
  async checkToken(options: CallOptions = {}): Promise<'valid' | 'rejected' | 'unverified'> {
    try {
      const response = await this.#transport.send({ ...options, path: '/gateways' });
      if (response.status === 401) return 'rejected';
      if (response.status === 403) return 'valid';
      return isSuccess(response) && v.is(v.object({}), jsonOf(response)) ? 'valid' : 'unverified';
    } catch (error) {
      if (error instanceof BeamError && error.code !== 'interrupted') return 'unverified';
      throw error;
    }
  }
}
