/** For tests: a real oidc-provider with device flow, rotating refresh tokens and revocation. Never bundled. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Provider } from 'oidc-provider';
import { systemClock } from '../../clock.ts';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

export interface OidcOptions {
  /** Claims of the account beside `sub`. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Put the claims into the ID token too. */
  readonly inIdToken?: boolean;
  /** `GET /api/scopes`: status and JSON. */
  readonly scopesAnswer?: readonly [number, unknown];
  /** Path of the issuer, as a Keycloak realm has one; none by default. */
  readonly path?: string;
}

export interface OidcServer {
  readonly origin: string;
  readonly issuer: string;
  /** `POST /token`, with its form. */
  readonly asked: { readonly call: string; readonly form: Record<string, string> }[];
  readonly decide: (userCode: string, decision: 'approve' | 'deny') => Promise<void>;
  readonly accepts: (accessToken: string) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

export async function startOidc(options: OidcOptions): Promise<OidcServer> {
  const asked: OidcServer['asked'] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  const { path = '' } = options;
  const provider = await quietly(() => createProvider(`${origin}${path}`, options));
  provider.use(async (context, next) => {
    await next();
    asked.push({ call: `${context.method} ${context.path}`, form: textsOf(formOf(context)) });
  });
  const handle = provider.callback();
  server.on('request', (request, response) => {
    const { url = '' } = request;
    if (url !== '/api/scopes') {
      // As a framework mounts it.
      Object.assign(request, { originalUrl: url, url: url.startsWith(`${path}/`) ? url.slice(path.length) : `/outside${url}` });
      void handle(request, response);
      return;
    }
    const [status, body] = options.scopesAnswer ?? [404, {}];
    asked.push({ call: 'GET /api/scopes', form: {} });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  return {
    origin,
    issuer: `${origin}${path}`,
    asked,
    decide: (userCode, decision) => decide(provider, userCode, decision),
    accepts: async (token) => (await provider.AccessToken.find(token)) !== undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function formOf(context: object): object {
  if (!('oidc' in context) || typeof context.oidc !== 'object' || context.oidc === null) return {};
  const params = 'params' in context.oidc ? context.oidc.params : undefined;
  return typeof params === 'object' && params !== null ? params : {};
}

function textsOf(fields: object): Record<string, string> {
  const entries = Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(entries);
}

async function createProvider(origin: string, { claims, inIdToken = false }: OidcOptions): Promise<Provider> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { Provider: OidcProvider } = await import('oidc-provider');
  return new OidcProvider(origin, {
    clients: [
      {
        client_id: 'beamd-cli',
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        grant_types: [DEVICE_GRANT, 'refresh_token'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    scopes: ['openid', 'offline_access', 'email'],
    claims: { openid: ['sub', 'edge', 'scopes'], email: ['email'] },
    conformIdTokenClaims: !inIdToken,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...claims }) }),
    features: {
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
    },
    rotateRefreshToken: true,
    expiresWithSession: () => false,
    ttl: { AccessToken: 900, DeviceCode: 600, Grant: 86_400, IdToken: 900, RefreshToken: 86_400 },
  });
}

/** oidc-provider warns about Node versions and its own store when it starts; that is kept out of the tests' output. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return await work();
  } finally {
    console.warn = warn;
  }
}

/** What the pages of the device flow do in the end. */
async function decide(provider: Provider, userCode: string, decision: 'approve' | 'deny'): Promise<void> {
  const code = await provider.DeviceCode.findByUserCode(userCode.replace(/[^A-Z0-9]/gi, '').toUpperCase(), {});
  if (code === undefined) throw new Error('no such user code');
  if (decision === 'deny') {
    Object.assign(code, { error: 'access_denied', errorDescription: 'no' });
  } else {
    const scope = typeof code.params?.['scope'] === 'string' ? code.params['scope'] : '';
    const grant = new provider.Grant({ accountId: 'alice', clientId: 'beamd-cli' });
    grant.addOIDCScope(scope);
    Object.assign(code, {
      accountId: 'alice',
      grantId: await grant.save(),
      scope,
      authTime: Math.floor(systemClock.now() / 1000),
    });
  }
  await code.save();
}
