/**
 * What Runbeam Cloud keeps, as it sends it (docs/contracts.md 3): the members have the names they have on the wire, and those
 * that are not known here pass. Ids may be numbers there, and are texts here.
 */
import * as v from 'valibot';

type Text = string | null | undefined;
type Flag = boolean | null | undefined;
type Count = number | null | undefined;
type Texts = readonly string[] | null | undefined;

/** What everything that is kept has. Times are RFC 3339. Members that are not listed are there as they were sent. */
export interface Resource {
  readonly id: string;
  readonly type?: Text;
  readonly code?: Text;
  readonly name?: Text;
  readonly team_id?: Text;
  readonly created_at?: Text;
  readonly updated_at?: Text;
  readonly [member: string]: unknown;
}

/** Where a peer or a target is. */
export interface ConnectionConfig {
  readonly host?: Text;
  readonly port?: Count;
  readonly protocol?: Text;
  readonly base_path?: Text;
}

/** A gateway of a team. */
export interface Gateway extends Resource {
  readonly enabled?: Flag;
  readonly pipelines_path?: Text;
  readonly transforms_path?: Text;
  readonly jwks_cache_duration_hours?: Count;
  readonly management_enabled?: Flag;
  readonly management_base_path?: Text;
  readonly management_network_id?: Text;
  readonly dns?: Texts;
  readonly settings?: unknown;
}

/** A service of a gateway. */
export interface Service extends Resource {
  readonly gateway_id?: Text;
  readonly description?: Text;
}

/** Where requests come in. */
export interface Endpoint extends Resource {
  readonly gateway_id?: Text;
  readonly service_id?: Text;
  readonly peer_ref?: Text;
  readonly connection?: ConnectionConfig | null | undefined;
  readonly authentication?: Text;
  readonly path?: Text;
  readonly methods?: Texts;
  readonly description?: Text;
  readonly options?: unknown;
}

/** Where requests go. */
export interface Backend extends Resource {
  readonly gateway_id?: Text;
  readonly service_id?: Text;
  readonly target_ref?: Text;
  readonly connection?: ConnectionConfig | null | undefined;
  readonly authentication?: Text;
  readonly url?: Text;
  readonly timeout_seconds?: Count;
  readonly max_retries?: Count;
  readonly description?: Text;
  readonly options?: unknown;
}

/** The way from endpoints to backends. */
export interface Pipeline extends Resource {
  readonly gateway_id?: Text;
  readonly description?: Text;
  readonly networks?: Texts;
  readonly endpoints?: unknown;
  readonly backends?: unknown;
  readonly middleware?: unknown;
}

/** A transform that pipelines name. */
export interface Transform extends Resource {
  readonly gateway_id?: Text;
  readonly options?: { readonly instructions?: Text } | null | undefined;
}

/** A change of the configuration that a gateway is to make. What comes after `pipeline_id` is there when one is asked for. */
export interface Change extends Resource {
  readonly status?: Text;
  readonly gateway_id?: Text;
  readonly pipeline_id?: Text;
  /** TOML. */
  readonly toml_config?: Text;
  readonly metadata?: unknown;
  readonly acknowledged_at?: Text;
  readonly applied_at?: Text;
  readonly failed_at?: Text;
  readonly error_message?: Text;
  readonly error_details?: unknown;
}

/** What a reference such as `runbeam.acme.ingress.name.patient_api` stands for. */
export interface ResolvedResource extends Resource {
  readonly enabled?: Flag;
  readonly gateway_id?: Text;
  readonly pipeline_id?: Text;
  readonly mesh_id?: Text;
  readonly urls?: Texts;
  readonly protocol?: Text;
  readonly mode?: Text;
  readonly backend_id?: Text;
  readonly service_id?: Text;
  readonly endpoint_id?: Text;
  readonly description?: Text;
  readonly provider?: Text;
  readonly auth_type?: Text;
}

export const id = v.pipe(
  v.union([v.pipe(v.string(), v.nonEmpty()), v.number()]),
  v.transform((value) => String(value)),
);

const text = v.nullish(v.string());
const otherId = v.nullish(id);
const flag = v.nullish(
  v.union([
    v.boolean(),
    v.pipe(
      v.picklist([0, 1]),
      v.transform((value) => value === 1),
    ),
  ]),
);
const count = v.nullish(v.number());
const texts = v.nullish(v.array(v.string()));
const anything = v.optional(v.unknown());

const common = { id, type: text, code: text, name: text, team_id: otherId, created_at: text, updated_at: text };
const ofGateway = { ...common, gateway_id: otherId };
const connection = v.nullish(v.looseObject({ host: text, port: count, protocol: text, base_path: text }));

/** Checks that something is a `T`. */
export type SchemaOf<T> = v.GenericSchema<unknown, T>;

export const gateway: SchemaOf<Gateway> = v.looseObject({
  ...common,
  enabled: flag,
  pipelines_path: text,
  transforms_path: text,
  jwks_cache_duration_hours: count,
  management_enabled: flag,
  management_base_path: text,
  management_network_id: otherId,
  dns: texts,
  settings: anything,
});

export const service: SchemaOf<Service> = v.looseObject({ ...ofGateway, description: text });

const connected = { service_id: otherId, connection, authentication: text, description: text, options: anything };

export const endpoint: SchemaOf<Endpoint> = v.looseObject({
  ...ofGateway,
  ...connected,
  peer_ref: text,
  path: text,
  methods: texts,
});

export const backend: SchemaOf<Backend> = v.looseObject({
  ...ofGateway,
  ...connected,
  target_ref: text,
  url: text,
  timeout_seconds: count,
  max_retries: count,
});

export const pipeline: SchemaOf<Pipeline> = v.looseObject({
  ...ofGateway,
  description: text,
  networks: texts,
  endpoints: anything,
  backends: anything,
  middleware: anything,
});

export const transform: SchemaOf<Transform> = v.looseObject({
  ...ofGateway,
  options: v.nullish(v.looseObject({ instructions: text })),
});

export const change: SchemaOf<Change> = v.looseObject({
  ...ofGateway,
  status: text,
  pipeline_id: otherId,
  toml_config: text,
  metadata: anything,
  acknowledged_at: text,
  applied_at: text,
  failed_at: text,
  error_message: text,
  error_details: anything,
});

export const resolvedResource: SchemaOf<ResolvedResource> = v.looseObject({
  ...ofGateway,
  enabled: flag,
  pipeline_id: otherId,
  mesh_id: otherId,
  urls: texts,
  protocol: text,
  mode: text,
  backend_id: otherId,
  service_id: otherId,
  endpoint_id: otherId,
  description: text,
  provider: text,
  auth_type: text,
});
