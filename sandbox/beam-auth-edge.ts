/**
 * A hosted edge with its control plane: the beam-auth dialect, `/api/scopes` and `/api/v1/workspace`. One server plays
 * both hosts: `origin` (127.0.0.1) is the edge, `controlPlane` (localhost) is where a login may be started.
 */
import { randomBytes } from 'node:crypto';
import { RotatingSessions, type Tokens } from './beam-auth/sessions.ts';
import { decide } from './login/decide.ts';
import { codePage, decisionPage, donePage, problemPage } from './login/page.ts';
import { PendingLogins, type PendingLogin } from './login/pending.ts';
import { ALICE, ALICE_ORGS, type Org, type Person } from './fixtures.ts';
import { jsonFields, textFields, type Answer, type Exchange } from './server/exchange.ts';
import { listen, type Listening, type ListenOptions, type Running } from './server/listen.ts';
import type { Routes } from './server/routes.ts';

export interface Workspace {
  readonly slug: string;
  readonly name: string;
  readonly provisioned: boolean;
  readonly exampleUrl: string;
}

export interface BeamAuthOptions extends ListenOptions {
  readonly person?: Person;
  /** Default: alice, acme, widgets. `manyOrgs(n)` gives 0, 1 or 500. */
  readonly orgs?: readonly Org[];
  /** Seconds an access token lives; `null`: no `expires_in` is sent and it does not expire. Default 3600. */
  readonly expiresIn?: number | null;
  /** Seconds between polls; `null`: none is sent. Default 1. */
  readonly interval?: number | null;
  /** Seconds a device code lives. Default 600. */
  readonly deviceExpiresIn?: number;
  /** Seconds a traded refresh token may be used again. Default 0: reuse ends the session. */
  readonly grace?: number;
  /** Send no refresh token. */
  readonly withoutRefresh?: boolean;
  /** Status of `{error}` answers of the token endpoint: 400 (default) or 200. */
  readonly errorStatus?: 200 | 400;
  /** Offer `revocation_url`. Default true. */
  readonly revocation?: boolean;
  /** The discovery document: as usual, with empty fields, or 404. */
  readonly discovery?: 'full' | 'empty' | 'missing';
  /** `edge` of the token answer; default the server's origin; `null`: left out. */
  readonly edge?: string | null;
  /** Leave `scopes` out of the token answer, so that `/api/scopes` must be asked. */
  readonly scopesOnlyByApi?: boolean;
  /** Approve every login shortly after it was started. */
  readonly autoApprove?: boolean;
}

export interface BeamAuthEdge extends Running {
  /** The same server under another host name. */
  readonly controlPlane: string;
  /** A key that `/api/v1/workspace` knows. */
  readonly apiKey: string;
  readonly workspace: Workspace;
  /** User codes nobody has decided on yet. */
  waiting(): readonly string[];
  approve(userCode: string): Promise<void>;
  deny(userCode: string): Promise<void>;
  expire(userCode: string): void;
  /** Answers the next polls of a login with `slow_down`. */
  slowDown(userCode: string, times?: number): void;
  setOrgs(orgs: readonly Org[]): void;
  /** Seconds for the access tokens issued from now on; 0: over when they are issued. */
  setExpiresIn(seconds: number | null): void;
  /** Kills every access token; refresh tokens live on. */
  expireAccess(): void;
  /** Kills every session: a refresh gets `invalid_grant`. */
  endSessions(): void;
  liveSessions(): number;
  /** When an access token that was issued ends, milliseconds since 1970; undefined for any other. */
  endOf(accessToken: string): number | undefined;
}

interface State {
  readonly options: BeamAuthOptions;
  readonly person: Person;
  readonly sessions: RotatingSessions;
  readonly logins: PendingLogins;
  readonly server: Listening;
  readonly apiKey: string;
  readonly workspace: Workspace;
  orgs: readonly Org[];
  expiresIn: number | null;
}

export async function startBeamAuthEdge(options: BeamAuthOptions = {}): Promise<BeamAuthEdge> {
  const server = await listen(options);
  const sessions = new RotatingSessions({ lifetime: () => state.expiresIn ?? undefined, grace: options.grace ?? 0 });
  const state: State = {
    options,
    person: options.person ?? ALICE,
    sessions,
    logins: new PendingLogins(),
    server,
    apiKey: randomBytes(64).toString('hex'),
    workspace: { slug: 'acme', name: 'Acme Inc.', provisioned: true, exampleUrl: 'https://demo.acme.example.com' },
    orgs: options.orgs ?? ALICE_ORGS,
    expiresIn: options.expiresIn === undefined ? 3600 : options.expiresIn,
  };
  server.mount(routesOf(state));
  return { ...server, ...controls(state) };
}

function controls(state: State): Omit<BeamAuthEdge, keyof Running> {
  const { logins, sessions, server } = state;
  const go = (userCode: string, decision: 'approve' | 'deny'): Promise<void> =>
    decide(`${server.origin}/device`, decision, { user_code: userCode });
  return {
    controlPlane: server.origin.replace(server.host, 'localhost').replace('[localhost]', 'localhost'),
    apiKey: state.apiKey,
    workspace: state.workspace,
    waiting: () => logins.waiting(),
    approve: (userCode) => go(userCode, 'approve'),
    deny: (userCode) => go(userCode, 'deny'),
    expire: (userCode) => {
      knownLogin(logins, userCode).status = 'expired';
    },
    slowDown: (userCode, times = 1) => {
      knownLogin(logins, userCode).slowDowns += times;
    },
    setOrgs: (orgs) => {
      state.orgs = orgs;
    },
    setExpiresIn: (seconds) => {
      state.expiresIn = seconds;
    },
    expireAccess: () => sessions.expireAccess(),
    endSessions: () => sessions.endAll(),
    liveSessions: () => sessions.live(),
    endOf: (accessToken) => sessions.endOf(accessToken),
  };
}

function knownLogin(logins: PendingLogins, userCode: string): PendingLogin {
  const login = logins.byUser(userCode);
  if (login === undefined) throw new Error('no login has this user code');
  return login;
}

function routesOf(state: State): Routes {
  return {
    'GET /.well-known/beam-auth': ({ url }) => discovery(state, url.origin),
    'POST /device/code': ({ url }) => startLogin(state, url.origin),
    'POST /token': (exchange) => token(state, exchange),
    'POST /revoke': (exchange) => revoke(state, exchange),
    'GET /device': ({ url }) => showLogin(state, url.searchParams.get('user_code')),
    'POST /device': (exchange) => decideLogin(state, textFields(exchange)),
    'GET /api/scopes': ({ bearer }) => scopes(state, bearer),
    'GET /api/v1/workspace': ({ bearer }) => workspace(state, bearer),
  };
}

function discovery(state: State, origin: string): Answer {
  const { discovery: kind = 'full', revocation = true } = state.options;
  if (kind === 'missing') return { status: 404, json: { error: 'not_found' } };
  if (kind === 'empty') return { json: { device_code_url: '', token_url: '', verification_uri: '' } };
  return {
    json: {
      device_code_url: `${origin}/device/code`,
      token_url: `${origin}/token`,
      verification_uri: `${origin}/device`,
      ...(revocation ? { revocation_url: `${origin}/revoke` } : {}),
    },
  };
}

function startLogin(state: State, origin: string): Answer {
  const { interval = 1, deviceExpiresIn = 600, autoApprove = false } = state.options;
  const login = state.logins.create(deviceExpiresIn);
  if (autoApprove) approveSoon(login);
  return {
    json: {
      device_code: login.deviceCode,
      user_code: login.userCode,
      verification_uri: `${origin}/device`,
      verification_uri_complete: `${origin}/device?user_code=${login.userCode}`,
      expires_in: deviceExpiresIn,
      ...(interval === null ? {} : { interval }),
    },
  };
}

function approveSoon(login: PendingLogin): void {
  setTimeout(() => {
    if (login.status === 'pending') login.status = 'approved';
  }, 1500).unref();
}

function token(state: State, exchange: Exchange): Answer {
  const fields = jsonFields(exchange.body);
  if (typeof fields.refresh_token === 'string') return refresh(state, fields.refresh_token, exchange.raw);
  if (typeof fields.device_code !== 'string') return refusal(state, 'invalid_request');
  const login = state.logins.byDevice(fields.device_code);
  if (login === undefined || login.status === 'used') return refusal(state, 'invalid_grant');
  if (login.status === 'denied') return refusal(state, 'access_denied');
  if (login.status === 'expired') return refusal(state, 'expired_token');
  if (login.slowDowns > 0) {
    login.slowDowns -= 1;
    return refusal(state, 'slow_down');
  }
  if (login.status === 'pending') return refusal(state, 'authorization_pending');
  login.status = 'used';
  const { edge = state.server.origin, scopesOnlyByApi = false } = state.options;
  return {
    json: {
      ...tokenAnswer(state, state.sessions.begin()),
      ...(edge === null ? {} : { edge }),
      ...(scopesOnlyByApi ? {} : { scopes: state.orgs }),
    },
  };
}

function refresh(state: State, refreshToken: string, { request, response }: Exchange['raw']): Answer {
  const tokens = state.sessions.refresh(refreshToken);
  state.server.refreshed(tokens !== undefined, request, response);
  return tokens === undefined ? refusal(state, 'invalid_grant') : { json: tokenAnswer(state, tokens) };
}

function tokenAnswer(state: State, tokens: Tokens): Record<string, unknown> {
  return {
    access_token: tokens.accessToken,
    token_type: 'Bearer',
    ...(state.options.withoutRefresh === true ? {} : { refresh_token: tokens.refreshToken }),
    ...(state.expiresIn === null ? {} : { expires_in: state.expiresIn }),
  };
}

function refusal(state: State, error: string): Answer {
  return { status: state.options.errorStatus ?? 400, json: { error } };
}

/** RFC 7009: 200 whether or not the token was known. */
function revoke(state: State, exchange: Exchange): Answer {
  if (state.options.revocation === false) return { status: 404, json: { error: 'not_found' } };
  if (state.sessions.revoke(textFields(exchange).token ?? '')) state.server.counters.revocations += 1;
  return { json: {} };
}

function showLogin(state: State, userCode: string | null): Answer {
  if (userCode === null) return { html: codePage({ action: '/device' }) };
  const login = state.logins.byUser(userCode);
  if (login?.status !== 'pending') return { status: 400, html: problemPage('This code is unknown, used or expired.') };
  return { html: decisionPage(`Sign in as ${state.person.name}`, '/device', login.userCode) };
}

function decideLogin(state: State, fields: Readonly<Record<string, string>>): Answer {
  const login = state.logins.byUser(fields.user_code ?? '');
  if (login?.status !== 'pending') return { status: 400, html: problemPage('This code is unknown, used or expired.') };
  login.status = fields.decision === 'approve' ? 'approved' : 'denied';
  return { html: donePage(login.status === 'approved' ? 'You are signed in' : 'The login was denied') };
}

function scopes(state: State, bearer: string | undefined): Answer {
  if (bearer === undefined || !state.sessions.accepts(bearer)) return { status: 401, json: { error: 'invalid_token' } };
  return { json: { user: state.person.email, scopes: state.orgs } };
}

function workspace(state: State, bearer: string | undefined): Answer {
  if (bearer !== state.apiKey) return { status: 401, json: { error: 'unknown_key' } };
  return { json: state.workspace };
}
