/**
 * A standard OAuth edge: `oidc-provider` with the device flow, rotating refresh tokens with reuse detection, revocation
 * and userinfo, plus `GET /api/scopes` on the same host. Signing keys are made at start.
 */
import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { decide } from './login/decide.ts';
import { donePage, page, problemPage } from './login/page.ts';
import { MemoryStore } from './oauth/adapter.ts';
import { interactionRoutes } from './oauth/interactions.ts';
import { loadProvider } from './oauth/load.ts';
import { ALICE, ALICE_ORGS, type Org, type Person } from './fixtures.ts';
import { jsonFields, type Answer } from './server/exchange.ts';
import { listen, type Listening, type ListenOptions, type Running } from './server/listen.ts';

export interface OAuthOptions extends ListenOptions {
  readonly person?: Person;
  readonly orgs?: readonly Org[];
  /** Seconds. Default 3600. */
  readonly expiresIn?: number;
  /** Seconds. Default 600. */
  readonly deviceCodeTtl?: number;
  /** Seconds a rotated refresh token may be used again. Default 0: reuse revokes the grant. */
  readonly grace?: number;
  /** Default `beamd-cli`. */
  readonly clientId?: string;
  /** Where the claims `edge` and `scopes` are found. Default `userinfo`; `none` leaves `GET /api/scopes`. */
  readonly claimsIn?: 'token' | 'userinfo' | 'id_token' | 'none';
  /** The `edge` claim. Default: the server's origin. */
  readonly edge?: string;
  /** Approve every login shortly after it was started. */
  readonly autoApprove?: boolean;
}

export interface OAuthEdge extends Running {
  readonly clientId: string;
  /** Drives the real pages over HTTP: code, confirmation, sign-in, consent. */
  approve(userCode: string): Promise<void>;
  deny(userCode: string): Promise<void>;
  setOrgs(orgs: readonly Org[]): void;
  /** Seconds for the access tokens issued from now on; 0: over when they are issued, by what the answer says. */
  setExpiresIn(seconds: number): void;
  /** Kills every access token; refresh tokens live on. */
  expireAccess(): void;
  /** Kills every session: a refresh gets `invalid_grant`. */
  endSessions(): void;
  /** Refresh tokens that have not been used or revoked. */
  liveSessions(): number;
  /** When an access token ends, milliseconds since 1970; undefined for one that was never issued, or revoked. */
  endOf(accessToken: string): number | undefined;
}

interface State {
  readonly options: OAuthOptions;
  readonly origin: string;
  readonly clientId: string;
  readonly person: Person;
  readonly store: MemoryStore;
  orgs: readonly Org[];
  expiresIn: number;
}

export async function startOAuthEdge(options: OAuthOptions = {}): Promise<OAuthEdge> {
  const server = await listen(options);
  const state: State = {
    options,
    origin: server.origin,
    clientId: options.clientId ?? 'beamd-cli',
    person: options.person ?? ALICE,
    store: new MemoryStore(options.grace ?? 0),
    orgs: options.orgs ?? ALICE_ORGS,
    expiresIn: options.expiresIn ?? 3600,
  };
  const OidcProvider = await loadProvider();
  const provider = new OidcProvider(server.origin, await configuration(state));
  watch(provider, server, state);
  const callback = provider.callback();
  server.mount(
    {
      'GET /api/scopes': ({ bearer }) => scopes(provider, state, bearer),
      ...interactionRoutes(provider, state.person),
    },
    { name: routeName, handle: callback },
  );
  return { ...server, clientId: state.clientId, ...controls(state) };
}

function controls(state: State): Omit<OAuthEdge, keyof Running | 'clientId'> {
  const { store, origin } = state;
  return {
    approve: (userCode) => decide(`${origin}/device`, 'approve', { user_code: userCode }),
    deny: (userCode) => decide(`${origin}/device`, 'deny', { user_code: userCode }),
    setOrgs: (orgs) => {
      state.orgs = orgs;
    },
    setExpiresIn: (seconds) => {
      state.expiresIn = seconds;
    },
    expireAccess: () => store.entries('AccessToken').clear(),
    endSessions: () => {
      store.entries('RefreshToken').clear();
      store.entries('AccessToken').clear();
    },
    liveSessions: () => [...store.entries('RefreshToken').values()].filter((stored) => stored.consumedAt === undefined).length,
    endOf: (accessToken) => {
      const ends = store.entries('AccessToken').get(accessToken)?.payload.exp;
      return ends === undefined ? undefined : ends * 1000;
    },
  };
}

const DAY = 86_400;

async function configuration(state: State): Promise<Configuration> {
  const { options, clientId, person } = state;
  const ttl = 14 * DAY;
  return {
    adapter: state.store.adapter,
    clients: [
      {
        client_id: clientId,
        client_name: 'beamd',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    jwks: { keys: [await signingKey()] },
    cookies: { keys: [randomBytes(24).toString('base64url')] },
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    claims: { openid: ['sub', 'edge', 'scopes'], profile: ['name'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: options.claimsIn !== 'id_token',
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...claimsOf(state), sub: id }) }),
    features: { devInteractions: { enabled: false }, revocation: revocation(), deviceFlow: deviceFlow(person) },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    rotateRefreshToken: true,
    expiresWithSession: () => false,
    renderError: renderProblem,
    routes: { device_authorization: '/device/auth', revocation: '/revoke', userinfo: '/userinfo' },
    ttl: {
      // The provider knows no life of 0 seconds.
      AccessToken: () => Math.max(1, state.expiresIn),
      DeviceCode: options.deviceCodeTtl ?? 600,
      Grant: ttl,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: ttl,
      Session: ttl,
    },
  };
}

async function signingKey(): Promise<Record<string, unknown>> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex'), alg: 'RS256', use: 'sig' };
}

function claimsOf(state: State): Record<string, unknown> {
  const { person, options } = state;
  const where = options.claimsIn ?? 'userinfo';
  return {
    name: person.name,
    email: person.email,
    email_verified: true,
    ...(where === 'none' || where === 'token' ? {} : edgeClaims(state)),
  };
}

function edgeClaims(state: State): Record<string, unknown> {
  return { edge: state.options.edge ?? state.origin, scopes: state.orgs };
}

/** A public client may revoke its own tokens; the provider has already checked that they are its own. */
function revocation(): { enabled: true; allowedPolicy: () => true } {
  return { enabled: true, allowedPolicy: () => true };
}

function deviceFlow(person: Person): NonNullable<NonNullable<Configuration['features']>['deviceFlow']> {
  return {
    enabled: true,
    userCodeInputSource: (context, form, _, error) => {
      context.status = error === undefined || error.name === 'AbortedError' ? 200 : 400;
      context.body = inputPage(form, error);
    },
    userCodeConfirmSource: (context, form, _client, _info, userCode) => {
      context.body = page(
        `Sign in to ${context.host}`,
        `<p>Does your terminal show this code? <code>${userCode}</code></p>${form}
<button id="approve" type="submit" form="op.deviceConfirmForm">Continue</button>
<button id="deny" type="submit" form="op.deviceConfirmForm" name="abort" value="yes">Deny</button>`,
      );
    },
    successSource: (context) => {
      context.body = donePage(`${person.name}, you are signed in`);
    },
  };
}

/** The provider's form has no button. A refused code gets no form, so that nobody walks in a circle. */
function inputPage(form: string, error: Error | undefined): string {
  if (error?.name === 'AbortedError') return donePage('The login was denied');
  if (error !== undefined) return problemPage('This code is unknown, used or expired.');
  return page('Connect a device', `${form}<button id="continue" type="submit" form="op.deviceInputForm">Continue</button>`);
}

function renderProblem(context: KoaContextWithOIDC): void {
  context.type = 'html';
  context.body = problemPage('The login was not completed.');
}

function watch(provider: Provider, server: Listening, state: State): void {
  const decided = (granted: boolean, { oidc, req, res }: KoaContextWithOIDC): void => {
    if (oidc.params?.grant_type === 'refresh_token') server.refreshed(granted, req, res);
  };
  provider.on('grant.success', (context) => decided(true, context));
  provider.on('grant.error', (context) => decided(false, context));
  // Sessions, not calls: revoking the second token of a pair finds nothing left.
  provider.on('grant.revoked', (context) => {
    if (context.path === '/revoke') server.counters.revocations += 1;
  });
  provider.use(async (context, next) => {
    await next();
    const issued = context.path === '/token' && context.status === 200;
    if (issued && state.options.claimsIn === 'token') addFields(context, edgeClaims(state));
    // The provider issues nothing that lives less than a second.
    if (issued && state.expiresIn < 1) addFields(context, { expires_in: state.expiresIn });
  });
  if (state.options.autoApprove === true) approveByItself(provider, state.origin);
}

function addFields(context: { body: unknown }, fields: Readonly<Record<string, unknown>>): void {
  if (typeof context.body === 'object' && context.body !== null) context.body = { ...context.body, ...fields };
}

function approveByItself(provider: Provider, origin: string): void {
  provider.use(async (context, next) => {
    await next();
    const userCode = context.path === '/device/auth' ? jsonFields(JSON.stringify(context.body)).user_code : undefined;
    if (typeof userCode !== 'string') return;
    setTimeout(() => {
      // A login that was given up meanwhile is nobody's problem.
      decide(`${origin}/device`, 'approve', { user_code: userCode }).catch(() => undefined);
    }, 1500).unref();
  });
}

async function scopes(provider: Provider, state: State, bearer: string | undefined): Promise<Answer> {
  const token = bearer === undefined ? undefined : await provider.AccessToken.find(bearer);
  if (token === undefined) return { status: 401, json: { error: 'invalid_token' } };
  return { json: { user: state.person.email, scopes: state.orgs } };
}

function routeName(path: string): string {
  return path.replace(/^\/(device|auth)\/(?!auth$)[^/]+$/, '/$1/:uid');
}
