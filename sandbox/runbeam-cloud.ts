/** Runbeam Cloud: login from a terminal, user tokens with a JWKS, machine tokens for gateways, and resource lists. */
import { randomBytes } from 'node:crypto';
import { decide } from './login/decide.ts';
import { decisionPage, donePage, problemPage } from './login/page.ts';
import { PendingLogins } from './login/pending.ts';
import { ALICE, type Person } from './fixtures.ts';
import { ChangeBook } from './runbeam/changes.ts';
import {
  meshToken,
  missingFields,
  oneOf,
  pageOf,
  RESOURCE_KINDS,
  resolved,
  gatewayResource,
  resourcesOf,
  UNAUTHENTICATED,
  type Resource,
} from './runbeam/resources.ts';
import { UserTokens, type UserTokenKind } from './runbeam/user-tokens.ts';
import { jsonFields, textFields, type Answer, type Exchange, type Handler } from './server/exchange.ts';
import { listen, type Listening, type ListenOptions, type Running } from './server/listen.ts';
import type { Routes } from './server/routes.ts';

export interface RunbeamCloudOptions extends ListenOptions {
  readonly person?: Person;
  /** What logins give: a JWT with RS256 or HS256, or a Sanctum token. All are accepted. Default `jwt`. */
  readonly tokenKind?: UserTokenKind;
  /** What HS256 tokens are signed with. Default: at random. */
  readonly jwtSecret?: string;
  /** `aud` of JWTs; `null`: none, as the Rust SDK 0.11 wants it. Default `runbeam-cli`. */
  readonly audience?: string | null;
  /** Seconds a user token lives. Default 3600. */
  readonly expiresIn?: number;
  /** Seconds between polls, sent along; `null`: not sent. Default 1. */
  readonly interval?: number | null;
  /** Seconds a started login lives. Default 600. */
  readonly loginExpiresIn?: number;
  /** The API's paths start with `/api`. Default true. */
  readonly prefix?: boolean;
  /** Where the base URL can be asked: under `/api`, without it, or nowhere. Default: as `prefix`. */
  readonly baseUrlAt?: 'api' | 'bare' | 'nowhere';
  /** Approve every login shortly after it was started. */
  readonly autoApprove?: boolean;
  /** How many there are of services, endpoints, backends, pipelines and transforms each. Default 2. */
  readonly resources?: number;
}

export interface IssuedToken {
  readonly gatewayCode: string;
  readonly machineToken: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export interface RunbeamCloud extends Running {
  /** Opens the URL the user was shown and approves there. */
  approve(verificationUrl: string): Promise<void>;
  deny(verificationUrl: string): Promise<void>;
  /** Ends the life of a login that was started. */
  expire(verificationUrl: string): void;
  /** A user token without a login, of the kind of logins or another; `claims` replace those of a JWT, `undefined` removes one. */
  issueUserToken(claims?: Readonly<Record<string, unknown>>, kind?: UserTokenKind): Promise<string>;
  /** The server forgets a user token before its time. */
  endUserToken(token: string): void;
  /** Signs with a new key from now on. */
  rotateKey(): Promise<void>;
  /** Seconds for the user tokens issued from now on. */
  setExpiresIn(seconds: number): void;
  /** Machine tokens issued, oldest first. */
  issued(): readonly IssuedToken[];
  /** Adds a gateway that the cloud knows already. */
  addGateway(code: string): void;
  /** Configurations uploaded by gateways (TOML), oldest first. */
  uploads(): readonly string[];
  /** Adds a change that a gateway is to make, and returns its id. */
  addChange(gatewayCode: string, config: string): string;
  /** What became of the changes, oldest first. */
  changes(): readonly Resource[];
}

interface State {
  readonly options: RunbeamCloudOptions;
  readonly person: Person;
  readonly server: Listening;
  readonly tokens: UserTokens;
  readonly logins: PendingLogins;
  readonly gateways: Map<string, Resource>;
  readonly issued: IssuedToken[];
  readonly uploads: string[];
  readonly changes: ChangeBook;
  readonly base: string;
  expiresIn: number;
}

const MACHINE_TOKEN_DAYS = 30;
const DAY = 86_400;
const ABILITIES = ['harmony:config', 'harmony:changes', 'harmony:update'];

export async function startRunbeamCloud(options: RunbeamCloudOptions = {}): Promise<RunbeamCloud> {
  const server = await listen(options);
  const person = options.person ?? ALICE;
  const tokens = await UserTokens.create({
    kind: options.tokenKind ?? 'jwt',
    jwtSecret: options.jwtSecret ?? randomBytes(32).toString('hex'),
    audience: options.audience === undefined ? 'runbeam-cli' : options.audience,
    person,
    issuer: `${server.origin}/api/cli/check-login`,
    expiresIn: () => state.expiresIn,
  });
  const state: State = {
    options,
    person,
    server,
    tokens,
    logins: new PendingLogins(),
    gateways: new Map(),
    issued: [],
    uploads: [],
    changes: new ChangeBook(),
    base: options.prefix === false ? '' : '/api',
    expiresIn: options.expiresIn ?? 3600,
  };
  server.mount({ ...loginRoutes(state), ...baseUrlRoutes(state), ...gatewayRoutes(state), ...resourceRoutes(state) });
  return { ...server, ...controls(state) };
}

function controls(state: State): Omit<RunbeamCloud, keyof Running> {
  const { tokens, logins } = state;
  return {
    approve: (url) => decide(url, 'approve'),
    deny: (url) => decide(url, 'deny'),
    expire: (url) => {
      const login = logins.byUser(new URL(url).searchParams.get('code') ?? '');
      if (login === undefined) throw new Error('no login has this URL');
      login.status = 'expired';
    },
    issueUserToken: (...issued) => tokens.issue(...issued),
    endUserToken: (token) => tokens.end(token),
    rotateKey: () => tokens.rotateKey(),
    setExpiresIn: (seconds) => {
      state.expiresIn = seconds;
    },
    issued: () => state.issued,
    addGateway: (code) => {
      gatewayFor(state, code);
    },
    uploads: () => state.uploads,
    addChange: (code, config) => state.changes.add(String(gatewayFor(state, code)['id']), config),
    changes: () => state.changes.all(),
  };
}

function loginRoutes(state: State): Routes {
  const { tokens } = state;
  return {
    'POST /api/cli/start-login': () => startLogin(state),
    'GET /api/cli/check-login/:device_token': ({ params }) => checkLogin(state, params.device_token ?? ''),
    'GET /cli/login': ({ url }) => showLogin(state, url.searchParams.get('code') ?? ''),
    'POST /cli/login': (exchange) => decideLogin(state, textFields(exchange)),
    'GET /api/.well-known/jwks.json': async () => ({ json: await tokens.jwks() }),
  };
}

function startLogin(state: State): Answer {
  const { loginExpiresIn = 600, autoApprove = false } = state.options;
  const login = state.logins.create(loginExpiresIn);
  if (autoApprove) {
    setTimeout(() => {
      if (login.status === 'pending') login.status = 'approved';
    }, 1500).unref();
  }
  return {
    json: {
      device_token: login.deviceCode,
      verification_url: `${state.server.origin}/cli/login?code=${login.userCode}`,
      expires_in_seconds: loginExpiresIn,
      ...intervalOf(state),
    },
  };
}

async function checkLogin(state: State, deviceToken: string): Promise<Answer> {
  const login = state.logins.byDevice(deviceToken);
  if (login?.status === 'pending') return { json: { status: 'pending', ...intervalOf(state) } };
  if (login?.status === 'expired') return { json: { status: 'expired', message: 'This login has expired.' } };
  if (login?.status === 'denied') return { json: { status: 'invalid', message: 'The login was denied.' } };
  if (login?.status !== 'approved') return { json: { status: 'invalid', message: 'Unknown device token.' } };
  login.status = 'used';
  const { name, email } = state.person;
  const token = await state.tokens.issue();
  return { json: { status: 'authenticated', token, expires_in: state.expiresIn, user: { id: '42', name, email } } };
}

function intervalOf(state: State): { interval?: number } {
  const { interval = 1 } = state.options;
  return interval === null ? {} : { interval };
}

function showLogin(state: State, code: string): Answer {
  const login = state.logins.byUser(code);
  if (login?.status !== 'pending') return { status: 400, html: problemPage('This login is unknown, used or expired.') };
  return { html: decisionPage(`Sign in to Runbeam Cloud as ${state.person.name}`, '/cli/login', login.userCode) };
}

function decideLogin(state: State, fields: Readonly<Record<string, string>>): Answer {
  const login = state.logins.byUser(fields.user_code ?? '');
  if (login?.status !== 'pending') return { status: 400, html: problemPage('This login is unknown, used or expired.') };
  login.status = fields.decision === 'approve' ? 'approved' : 'denied';
  return { html: donePage(login.status === 'approved' ? 'You are signed in' : 'The login was denied') };
}

function baseUrlRoutes(state: State): Routes {
  const where = state.options.baseUrlAt ?? (state.options.prefix === false ? 'bare' : 'api');
  const answer = (): Answer => ({ json: { base_url: `${state.server.origin}${state.base}` } });
  if (where === 'nowhere') return {};
  return where === 'api' ? { 'GET /api/harmony/base-url': answer } : { 'GET /harmony/base-url': answer };
}

function gatewayRoutes(state: State): Routes {
  const { base, changes } = state;
  const guarded = guard(state);
  return {
    [`POST ${base}/harmony/authorize`]: (exchange) => authorize(state, exchange),
    [`GET ${base}/gateways`]: guarded(({ url }) => pageOf(gatewaysOf(state), url)),
    [`GET ${base}/gateways/:id`]: guarded(({ params }) => oneOf(gatewaysOf(state), params.id)),
    [`GET ${base}/harmony/changes`]: guarded(({ url }) => pageOf(changes.pending(), url)),
    [`GET ${base}/harmony/changes/:gateway_id`]: guarded(({ url, params }) => pageOf(changes.pending(params['gateway_id']), url)),
    [`GET ${base}/harmony/change/:id`]: guarded(({ params }) => oneOf(changes.all(), params['id'])),
    [`POST ${base}/harmony/changes/acknowledge`]: guarded(({ body }) => changes.acknowledge(jsonFields(body))),
    [`POST ${base}/harmony/change/:id/applied`]: guarded(({ params }) => changes.end(params['id'], 'applied')),
    [`POST ${base}/harmony/change/:id/failed`]: guarded(({ params, body }) =>
      changes.end(params['id'], 'failed', jsonFields(body)),
    ),
    [`POST ${base}/harmony/mesh/token`]: guarded(({ body }) => meshToken(jsonFields(body))),
    [`GET ${base}/harmony/resources/resolve`]: guarded(({ url }) => resolved(url.searchParams.get('ref') ?? '')),
    [`POST ${base}/harmony/update`]: guarded((exchange) => upload(state, exchange)),
  };
}

/** Lets user tokens and machine tokens through. */
function guard(state: State): (handler: Handler) => Handler {
  const known = (bearer: string | undefined): boolean => state.issued.some(({ machineToken }) => machineToken === bearer);
  return (handler) => async (exchange) => {
    const allowed = known(exchange.bearer) || (await state.tokens.accepts(exchange.bearer));
    return allowed ? handler(exchange) : UNAUTHENTICATED;
  };
}

async function authorize(state: State, exchange: Exchange): Promise<Answer> {
  if (!(await state.tokens.accepts(exchange.bearer))) return UNAUTHENTICATED;
  const { token, gateway_code: code } = jsonFields(exchange.body);
  const missing = Object.entries({ token, gateway_code: code }).filter(([, value]) => typeof value !== 'string' || value === '');
  if (missing.length > 0 || typeof code !== 'string') return missingFields(missing.map(([name]) => name));
  if (token !== exchange.bearer) return { status: 401, json: { message: 'The token is not the one of the request.' } };
  const expiresIn = MACHINE_TOKEN_DAYS * DAY;
  const expiresAt = new Date(Date.now() + expiresIn * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const machineToken = `mt_${randomBytes(32).toString('base64url')}`;
  state.issued.push({ gatewayCode: code, machineToken, expiresAt });
  state.server.counters.authorizations += 1;
  const { name, email } = state.person;
  const gateway = { ...gatewayFor(state, code), authorized_by: { id: '42', name, email } };
  return {
    json: { machine_token: machineToken, expires_in: expiresIn, expires_at: expiresAt, gateway, abilities: ABILITIES },
  };
}

const gatewaysOf = ({ gateways }: State): Resource[] =>
  [...gateways].map(([code, gateway]) => gatewayResource({ ...gateway, code }));

function gatewayFor(state: State, code: string): Resource {
  const found = state.gateways.get(code);
  if (found !== undefined) return found;
  const gateway = { id: `gw_${state.gateways.size + 1}`, code, name: `Gateway ${code}` };
  state.gateways.set(code, gateway);
  return gateway;
}

function upload(state: State, exchange: Exchange): Answer {
  const { type, config } = jsonFields(exchange.body);
  if (typeof config !== 'string') return missingFields(['config']);
  state.uploads.push(config);
  return { json: { success: true, message: 'Configuration received.', data: { id: 'cfg_1', type, action: 'updated' } } };
}

function resourceRoutes(state: State): Routes {
  const guarded = guard(state);
  const routes: Record<string, Handler> = {};
  for (const kind of RESOURCE_KINDS) {
    const items = resourcesOf(kind, state.options.resources ?? 2);
    if (kind !== 'transforms') routes[`GET /api/${kind}`] = guarded(({ url }) => pageOf(items, url));
    routes[`GET /api/${kind}/:id`] = guarded(({ params }) => oneOf(items, params.id));
  }
  return routes;
}
