/** Every call that the programs make over the network, each alone, against a server that answers one of them as told. */
import { discoverDialect } from '../../src/auth/discover.ts';
import { remoteKeySet } from '../../src/auth/jwt/jwks.ts';
import { runbeamLogin } from '../../src/auth/runbeam-cloud/login.ts';
import { fetchScopes } from '../../src/auth/edge-api/scopes.ts';
import { sessionDialect } from '../../src/auth/session-dialect.ts';
import { accountOf, credentialOf, depsOf, http, randomToken } from '../../src/auth/auth.testing.ts';
import { checkApiKey } from '../../src/auth/edge-api/workspace.ts';
import { startTestServer, type Answer, type Answers, type TestServer } from '../../src/net/net.testing.ts';
import { systemClock } from '../../src/clock.ts';
import { resolveBaseUrl } from '../../src/runbeam/cloud/base-url.ts';
import { CloudClient } from '../../src/runbeam/cloud/client.ts';
import { createHarmony, type Harmony } from '../../src/runbeam/harmony.ts';
import { Secret } from '../../src/secret.ts';
import { parseServer } from '../../src/store/server.ts';
import type { DialectName } from '../../src/store/accounts/account.ts';

const device = randomToken();
const access = randomToken();
const refresh = randomToken();

const BEAM = 'GET /.well-known/beam-auth';
const OPENID = 'GET /.well-known/openid-configuration';
const OAUTH = 'GET /.well-known/oauth-authorization-server';

const code = { device_code: device, user_code: 'ABCD-EFGH', verification_uri: 'https://edge.example.com/', expires_in: 600 };

/** What the server says where nothing else is told; `documents` names the discovery documents it has. */
function usual(origin: string, documents: readonly string[]): Answers {
  const metadata = {
    issuer: origin,
    token_endpoint: `${origin}/token`,
    device_authorization_endpoint: `${origin}/device`,
    revocation_endpoint: `${origin}/revoke`,
    userinfo_endpoint: `${origin}/userinfo`,
  };
  const beam = { device_code_url: `${origin}/device`, token_url: `${origin}/token`, revocation_url: `${origin}/revoke` };
  const found = Object.entries({ [BEAM]: beam, [OPENID]: metadata, [OAUTH]: metadata }).filter(([name]) =>
    documents.includes(name),
  );
  return {
    ...Object.fromEntries(found.map(([name, document]): [string, Answer] => [name, [200, document]])),
    'POST /device': [200, code],
    'POST /token': [200, { access_token: access, refresh_token: refresh, token_type: 'bearer', expires_in: 60 }],
    'POST /revoke': [200, {}],
    'POST /api/cli/start-login': [
      200,
      { device_token: device, verification_url: 'https://edge.example.com/', expires_in_seconds: 600 },
    ],
  };
}

const token = (): Secret => new Secret(access);

async function beginLogin(at: TestServer): Promise<void> {
  await (await discoverDialect(parseServer(at.origin), depsOf()))?.begin();
}

async function pollLogin(at: TestServer): Promise<void> {
  await (await (await discoverDialect(parseServer(at.origin), depsOf()))?.begin())?.poll();
}

async function session(at: TestServer, dialect: DialectName, work: 'refresh' | 'revoke'): Promise<void> {
  const account = accountOf(at.origin, { dialect });
  await (await sessionDialect(account, depsOf()))[work](account, credentialOf(access, refresh));
}

async function getKey(at: TestServer): Promise<void> {
  const keys = await remoteKeySet(`${at.origin}/api/.well-known/jwks.json`, depsOf());
  await keys({ alg: 'RS256', kid: 'k' }, { payload: '', signature: '' });
}

const cloud = (at: TestServer): CloudClient =>
  new CloudClient({ http, apiUrl: at.origin, token, clock: systemClock, retries: 0 });

async function first(list: AsyncIterable<unknown>): Promise<void> {
  await list[Symbol.asyncIterator]().next();
}

const harmony = (at: TestServer): Harmony =>
  createHarmony({ ip: '127.0.0.1', port: at.port, label: 'gw', pathPrefix: 'admin' }, http);

/** Every call that the programs make: the request, what makes it, and the documents that lead there. */
const TABLE: readonly (readonly [call: string, work: (at: TestServer) => Promise<unknown>, ...documents: string[]])[] = [
  [BEAM, beginLogin, BEAM],
  [OPENID, beginLogin, OPENID],
  [OAUTH, beginLogin, OAUTH],
  ['POST /device', beginLogin, BEAM],
  ['POST /device', beginLogin, OPENID],
  ['POST /token', pollLogin, BEAM],
  ['POST /token', pollLogin, OPENID],
  ['GET /userinfo', pollLogin, OPENID],
  ['GET /api/scopes', pollLogin, BEAM],
  ['GET /api/scopes', pollLogin, OAUTH],
  [BEAM, (at) => session(at, 'beam-auth', 'refresh'), BEAM],
  [OPENID, (at) => session(at, 'oauth', 'refresh'), OPENID],
  ['POST /token', (at) => session(at, 'beam-auth', 'refresh'), BEAM],
  ['POST /token', (at) => session(at, 'oauth', 'refresh'), OPENID],
  ['POST /revoke', (at) => session(at, 'beam-auth', 'revoke'), BEAM],
  ['POST /revoke', (at) => session(at, 'oauth', 'revoke'), OPENID],
  ['GET /api/scopes', (at) => fetchScopes(at.origin, token(), http)],
  ['GET /api/v1/workspace', (at) => checkApiKey(at.origin, token(), http)],
  ['POST /api/cli/start-login', (at) => runbeamLogin(at.origin, depsOf()).begin()],
  [`GET /api/cli/check-login/${device}`, async (at) => (await runbeamLogin(at.origin, depsOf()).begin()).poll()],
  ['GET /api/.well-known/jwks.json', getKey],
  ['GET /api/harmony/base-url', (at) => resolveBaseUrl(at.origin, http)],
  ['GET /harmony/base-url', (at) => resolveBaseUrl(at.origin, http)],
  ['POST /harmony/authorize', (at) => cloud(at).authorizeGateway('gw')],
  ['POST /api/harmony/authorize', (at) => cloud(at).authorizeGateway('gw')],
  ['GET /gateways', (at) => cloud(at).checkToken()],
  ['GET /api/gateways', (at) => cloud(at).checkToken()],
  ['GET /gateways', (at) => first(cloud(at).gateways.list())],
  ['GET /services/s', (at) => cloud(at).services.get('s')],
  ['GET /harmony/changes', (at) => first(cloud(at).changes.list())],
  ['GET /harmony/change/c', (at) => cloud(at).changes.get('c')],
  ['POST /harmony/changes/acknowledge', (at) => cloud(at).changes.acknowledge(['c'])],
  ['POST /harmony/change/c/applied', (at) => cloud(at).changes.applied('c')],
  ['POST /harmony/change/c/failed', (at) => cloud(at).changes.failed('c', { error: 'no' })],
  ['POST /harmony/update', (at) => cloud(at).uploadConfiguration({ type: 'gateway', config: '' })],
  ['POST /harmony/mesh/token', (at) => cloud(at).meshToken({ meshId: 'm', destinationUrl: 'https://b.example/' })],
  ['GET /harmony/resources/resolve?ref=r', (at) => cloud(at).resolveResource('r')],
  ['GET /admin/info', (at) => harmony(at).info()],
  ['GET /admin/pipelines', (at) => harmony(at).pipelines()],
  ['GET /admin/routes', (at) => harmony(at).routes()],
  ['POST /api/reload', (at) => harmony(at).reload()],
  ['POST /admin/update', (at) => harmony(at).update()],
  [
    'POST /admin/token',
    (at) => {
      const kept = { machineToken: new Secret(randomToken()), expiresAt: '2030-01-01T00:00:00Z', gatewayId: 'g', abilities: [] };
      return harmony(at).deliver({ token: kept, apiBaseUrl: at.origin, encryptionKey: new Secret(randomToken()) });
    },
  ],
  ['POST /admin/authorize', (at) => harmony(at).authorize({ userToken: token(), gatewayCode: 'gw' })],
];

export interface EveryCall {
  readonly server: TestServer;
  /** The answer to the call that is under test. */
  answer: Answer;
}

/** One request of the programs. */
export interface OneCall {
  /** `POST /token` */
  readonly call: string;
  /** Makes it; what it fails with, if it does. */
  readonly run: (every: EveryCall) => Promise<unknown>;
}

let current: readonly string[] = [];
let under = '';

export async function startEveryCall(): Promise<EveryCall> {
  const every: { answer: Answer; server: TestServer } = {
    answer: [404, {}],
    server: await startTestServer((origin) => ({ ...usual(origin, current), [under]: every.answer })),
  };
  return every;
}

/** Name and call; the same request made by two dialects is there twice. */
export const CALLS: readonly [name: string, one: OneCall][] = TABLE.map(([call, work, ...documents], index) => [
  `${index + 1}: ${call}`,
  {
    call,
    run: async ({ server }) => {
      under = call;
      current = documents;
      server.asked.length = 0;
      return work(server).then(
        () => undefined,
        (error: unknown) => error,
      );
    },
  },
]);
