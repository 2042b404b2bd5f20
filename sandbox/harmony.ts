/**
 * A Harmony gateway's management API. It keeps what it is given: the machine token goes to disk as binary age, under
 * the encryption key that came along or the gateway's own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityIn } from './harmony/age.ts';
import { postToCloud } from './harmony/cloud-client.ts';
import { GatewayFolder } from './harmony/folder.ts';
import { traitsOf, type HarmonyVersion, type Traits } from './harmony/versions.ts';
import { jsonFields, type Answer, type Exchange } from './server/exchange.ts';
import { listen, type Listening, type ListenOptions, type Running } from './server/listen.ts';
import type { Routes } from './server/routes.ts';

export interface HarmonyOptions extends ListenOptions {
  /** Base URL of the cloud that `/authorize` and `/update` ask. Without it they answer 503. */
  readonly cloud?: string;
  /** Where config.toml, the key and the machine token are kept. Default: a temporary folder, removed at the end. */
  readonly folder?: string;
  /** Path prefix of the API. Default `admin`. */
  readonly prefix?: string;
  /** `[runbeam] enabled`. Default true. */
  readonly enabled?: boolean;
  /** Plays one of the versions that were looked at. Default: as the documents have it. */
  readonly version?: HarmonyVersion;
}

export interface Harmony extends Running {
  readonly prefix: string;
  readonly folder: string;
  /** Machine token on disk: binary age. */
  readonly tokenFile: string;
  readonly keyFile: string;
  /** Rewrites config.toml; the gateway believes it after a reload, or at once where there is none. */
  setEnabled(enabled: boolean): Promise<void>;
  /** What the token file holds, decrypted with the gateway's key or the identity given; undefined without a file. */
  storedToken(identity?: string): Promise<unknown>;
  /** As if it were started anew: what it kept in memory alone is gone. */
  restart(): void;
}

interface State {
  readonly options: HarmonyOptions;
  readonly server: Listening;
  readonly folder: GatewayFolder;
  readonly startedAt: number;
  readonly traits: Traits;
  /** The cloud that it talks to: its own default, or what came along with a token. */
  cloud: string | undefined;
  enabled: boolean;
}

export async function startHarmony(options: HarmonyOptions = {}): Promise<Harmony> {
  const server = await listen(options);
  const path = options.folder ?? (await mkdtemp(join(tmpdir(), 'harmony-')));
  const folder = new GatewayFolder(path);
  const enabled = options.enabled ?? true;
  await folder.writeConfig(enabled);
  const state: State = {
    options,
    server,
    folder,
    startedAt: Date.now(),
    traits: traitsOf(options.version),
    cloud: options.cloud,
    enabled,
  };
  const prefix = options.prefix ?? 'admin';
  server.mount(routesOf(state, prefix));
  return {
    ...server,
    prefix,
    folder: path,
    tokenFile: folder.tokenFile,
    keyFile: folder.keyFile,
    setEnabled: (value) => folder.writeConfig(value),
    storedToken: (identity) => folder.readToken(identity),
    restart: () => folder.forget(),
    close: async () => {
      await server.close();
      if (options.folder === undefined) await rm(path, { recursive: true, force: true });
    },
  };
}

function routesOf(state: State, prefix: string): Routes {
  const routes: Routes = {
    [`GET /${prefix}/info`]: () => info(state),
    [`GET /${prefix}/pipelines`]: () => ({
      json: { pipelines: state.traits.sidedMiddleware ? PIPELINES.map(sided) : PIPELINES },
    }),
    [`GET /${prefix}/routes`]: () => ({ json: { routes: GATEWAY_ROUTES } }),
    [`POST /${prefix}/authorize`]: (exchange) => authorize(state, exchange),
    ...(state.traits.reloads ? { 'POST /api/reload': () => reload(state) } : {}),
  };
  if (!state.traits.takesTokens) return routes;
  return {
    ...routes,
    [`POST /${prefix}/token`]: (exchange) => takeToken(state, exchange),
    [`POST /${prefix}/update`]: () => update(state),
    ...(state.options.version === undefined ? {} : newRoutes(state, prefix)),
  };
}

/** What 0.12 has beside its documents. */
function newRoutes(state: State, prefix: string): Routes {
  return {
    [`GET /${prefix}/token`]: () => ({ status: 405 }),
    [`GET /${prefix}/config/status`]: async () => ({ json: { runbeam: { enabled: await isEnabled(state) } } }),
  };
}

function sided({ middleware, ...pipeline }: (typeof PIPELINES)[number]): Readonly<Record<string, unknown>> {
  return { ...pipeline, middleware_left: middleware, middleware_right: [] };
}

const PIPELINES = [
  {
    id: 'fhir',
    description: 'FHIR to the clinic',
    networks: ['default'],
    endpoints: ['fhir_in'],
    backends: ['clinic'],
    middleware: ['jwt-auth'],
  },
  {
    id: 'echo',
    description: 'Answers what it is asked',
    networks: ['default'],
    endpoints: ['echo'],
    backends: [],
    middleware: [],
  },
];

const GATEWAY_ROUTES = [
  {
    path: '/fhir/{*rest}',
    methods: ['GET', 'POST'],
    description: 'FHIR API',
    endpoint_name: 'fhir_in',
    service_type: 'fhir',
    pipeline: 'fhir',
  },
  { path: '/echo', methods: ['GET'], description: 'Echo', endpoint_name: 'echo', service_type: 'echo', pipeline: 'echo' },
];

function info(state: State): Answer {
  const { version, uptimeIsTime } = state.traits;
  const uptime = Math.floor((Date.now() - (uptimeIsTime ? 0 : state.startedAt)) / 1000);
  return { json: { version, uptime, os: process.platform, arch: process.arch } };
}

/** A gateway without a reload watches its files. */
async function isEnabled(state: State): Promise<boolean> {
  if (!state.traits.reloads) await readEnabled(state);
  return state.enabled;
}

async function readEnabled(state: State): Promise<void> {
  const section = (await state.folder.readConfig()).split('[runbeam]')[1] ?? '';
  state.enabled = /^\s*enabled\s*=\s*true\s*$/m.test(section);
}

async function reload(state: State): Promise<Answer> {
  await readEnabled(state);
  const diff = { zero_downtime_changes: ['runbeam'], adapter_restarts_required: [] };
  return { json: { status: 'success', diff, restarted_networks: ['default'], last_reload: new Date().toISOString() } };
}

function disabled(): Answer {
  const message = 'Runbeam Cloud integration is disabled. Set runbeam.enabled = true in config.toml.';
  return { status: 403, json: { error: 'Forbidden', message } };
}

function problem(status: number, error: string, message: string): Answer {
  return { status, json: { error, message } };
}

async function takeToken(state: State, exchange: Exchange): Promise<Answer> {
  if (!state.traits.takesWhileDisabled && !(await isEnabled(state))) return disabled();
  const { encryption_key: key, api_base_url: cloud, ...token } = jsonFields(exchange.body);
  const missing = ['machine_token', 'expires_at', 'gateway_id', 'gateway_code'].filter((name) => typeof token[name] !== 'string');
  if (missing.length > 0) return problem(400, 'Bad Request', `Missing: ${missing.join(', ')}.`);
  if (!Array.isArray(token['abilities'])) return problem(400, 'Bad Request', 'Missing: abilities.');
  if (key !== undefined && !(await useKey(state, key))) return problem(400, 'Bad Request', 'The encryption key is not one.');
  if (typeof cloud === 'string') state.cloud = cloud;
  await keepToken(state, token);
  return { json: { success: true, message: 'Machine token stored.' } };
}

async function useKey(state: State, key: unknown): Promise<boolean> {
  const identity = typeof key === 'string' ? identityIn(key) : undefined;
  if (identity !== undefined && state.traits.keyInMemory) state.folder.useIdentity(identity);
  else if (identity !== undefined) await state.folder.keepIdentity(identity);
  return identity !== undefined;
}

async function keepToken(state: State, token: Readonly<Record<string, unknown>>): Promise<void> {
  const { machine_token, expires_at, gateway_id, gateway_code, abilities } = token;
  const issued_at = new Date().toISOString();
  await state.folder.saveToken({ machine_token, expires_at, gateway_id, gateway_code, abilities, issued_at });
  state.server.counters.authorizations += 1;
}

async function authorize(state: State, exchange: Exchange): Promise<Answer> {
  const { bearer } = exchange;
  if (bearer === undefined) return problem(401, 'Unauthorized', 'A bearer token is needed.');
  if (!(await isEnabled(state))) return disabled();
  const { [state.traits.authorizeBy]: code, machine_public_key, metadata, encryption_key: key } = jsonFields(exchange.body);
  if (typeof code !== 'string' || code === '') return problem(400, 'Bad Request', `Missing: ${state.traits.authorizeBy}.`);
  if (key !== undefined && !(await useKey(state, key))) return problem(400, 'Bad Request', 'The encryption key is not one.');
  const { cloud } = state;
  if (cloud === undefined) return problem(503, 'Unavailable', 'This gateway knows no Runbeam Cloud.');
  const notes = Object.entries(jsonFields(JSON.stringify(metadata ?? {}))).map(([name, value]) => `${name}=${String(value)}`);
  const question = { token: bearer, gateway_code: code, machine_public_key, metadata: notes };
  const { status, fields } = await postToCloud(cloud, '/harmony/authorize', bearer, question);
  if (status === 401) return problem(401, 'Unauthorized', 'Runbeam Cloud does not accept this token.');
  if (status !== 200) return { status, json: fields };
  const { gateway, expires_at, expires_in } = fields;
  const { id, name } = jsonFields(JSON.stringify(gateway));
  await keepToken(state, { ...fields, gateway_id: id, gateway_code: code });
  const answer = { success: true, message: 'Gateway authorized.', gateway: { id, code, name }, expires_at, expires_in };
  return { status: 201, json: answer };
}

function updated(config: string): Readonly<Record<string, unknown>> {
  const counts = { pipeline_count: PIPELINES.length, transform_count: 0, mesh_count: 0 };
  return { success: true, config_size: Buffer.byteLength(config), ...counts };
}

/** Uploads config.toml to the cloud with the machine token, so it needs one. */
async function update(state: State): Promise<Answer> {
  if (!(await isEnabled(state))) return disabled();
  const { cloud } = state;
  if (cloud === undefined) return problem(503, 'Unavailable', 'This gateway knows no Runbeam Cloud.');
  const { machine_token: token } = jsonFields(JSON.stringify((await state.folder.readToken()) ?? {}));
  if (typeof token !== 'string') return problem(401, 'Unauthorized', 'This gateway is not authorized yet.');
  const config = await state.folder.readConfig();
  const { status, fields } = await postToCloud(cloud, '/harmony/update', token, { type: 'gateway', config });
  return status === 200 ? { json: updated(config) } : { status, json: fields };
}
