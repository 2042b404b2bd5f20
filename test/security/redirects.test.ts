/** No redirect is followed, whatever call it answers: nothing that a request carried reaches the other host. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discoverDialect } from '../../src/auth/discover.ts';
import { createJwks } from '../../src/auth/jwks.ts';
import { runbeamLogin } from '../../src/auth/runbeam-login.ts';
import { fetchScopes } from '../../src/auth/scopes.ts';
import { sessionDialect } from '../../src/auth/session-dialect.ts';
import { accountOf, credentialOf, depsOf, http, randomToken } from '../../src/auth/testing.ts';
import { checkApiKey } from '../../src/auth/workspace.ts';
import { BeamError } from '../../src/errors.ts';
import { startTestServer, type Answers, type TestServer } from '../../src/net/testing.ts';
import { resolveBaseUrl } from '../../src/runbeam/base-url.ts';
import { authorizeGateway, checkUserToken } from '../../src/runbeam/cloud.ts';
import { createHarmony, type Harmony } from '../../src/runbeam/harmony.ts';
import { Secret } from '../../src/secret.ts';
import { parseServer } from '../../src/store/server.ts';
import type { DialectName } from '../../src/store/types.ts';
import { startBeamAuthEdge, startHarmony, startRunbeamCloud } from '../../sandbox/testing.ts';
import { logIn, logInToCloud, succeeded } from '../support/login.ts';
import { closing } from '../support/together.ts';
import { createWorld } from '../support/world.ts';
import { startCanaryHost, type CanaryHost } from './support/canary-host.ts';

const STATUSES = [301, 302, 303, 307, 308] as const;
const secrets = Array.from({ length: 6 }, () => randomToken());
const [access = '', refresh = '', device = '', key = '', machine = '', identity = ''] = secrets;

const BEAM = 'GET /.well-known/beam-auth';
const OPENID = 'GET /.well-known/openid-configuration';
const OAUTH = 'GET /.well-known/oauth-authorization-server';

let canary: CanaryHost;
let server: TestServer;
/** The call that is answered with a redirect, and with which status. */
let redirected = { call: '', status: 0 };
/** Which discovery documents there are. */
let documents: readonly string[] = [];

const code = { device_code: device, user_code: 'ABCD-EFGH', verification_uri: 'https://edge.example.com/', expires_in: 600 };

function answers(origin: string): Answers {
  const metadata = {
    issuer: origin,
    token_endpoint: `${origin}/token`,
    device_authorization_endpoint: `${origin}/device`,
    revocation_endpoint: `${origin}/revoke`,
    userinfo_endpoint: `${origin}/userinfo`,
  };
  const beam = { device_code_url: `${origin}/device`, token_url: `${origin}/token`, revocation_url: `${origin}/revoke` };
  const good: Answers = {
    ...(documents.includes(BEAM) ? { [BEAM]: [200, beam] } : {}),
    ...(documents.includes(OPENID) ? { [OPENID]: [200, metadata] } : {}),
    ...(documents.includes(OAUTH) ? { [OAUTH]: [200, metadata] } : {}),
    'POST /device': [200, code],
    'POST /token': [200, { access_token: access, refresh_token: refresh, token_type: 'bearer', expires_in: 60 }],
    'POST /revoke': [200, {}],
    'POST /api/cli/start-login': [200, { device_token: device, verification_url: 'https://edge.example.com/', expires_in_seconds: 600 }],
  };
  const location = `${canary.origin}${redirected.call.split(' ')[1] ?? ''}`;
  return { ...good, [redirected.call]: [redirected.status, { access_token: access }, { location }] };
}

beforeAll(async () => {
  canary = await startCanaryHost();
  server = await startTestServer(answers);
});

afterAll(async () => {
  await server.close();
  await canary.close();
});

const token = (): Secret => new Secret(access);

async function beginLogin(): Promise<void> {
  await (await discoverDialect(parseServer(server.origin), depsOf()))?.begin();
}

async function pollLogin(): Promise<void> {
  await (await (await discoverDialect(parseServer(server.origin), depsOf()))?.begin())?.poll();
}

async function session(dialect: DialectName, work: 'refresh' | 'revoke'): Promise<void> {
  const account = accountOf(server.origin, { dialect });
  await (await sessionDialect(account, depsOf()))[work](account, credentialOf(access, refresh));
}

const cloud = () => ({ http, baseUrl: server.origin, token: token() });
const harmony = (): Harmony => createHarmony({ ip: '127.0.0.1', port: server.port, label: 'gw', pathPrefix: 'admin' }, http);

/** Every call that the programs make: the request, what makes it, and the documents that lead there. */
const CALLS: [call: string, work: () => Promise<unknown>, ...documents: string[]][] = [
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
  [BEAM, () => session('beam-auth', 'refresh'), BEAM],
  [OPENID, () => session('oauth', 'refresh'), OPENID],
  ['POST /token', () => session('beam-auth', 'refresh'), BEAM],
  ['POST /token', () => session('oauth', 'refresh'), OPENID],
  ['POST /revoke', () => session('beam-auth', 'revoke'), BEAM],
  ['POST /revoke', () => session('oauth', 'revoke'), OPENID],
  ['GET /api/scopes', () => fetchScopes(server.origin, token(), http)],
  ['GET /api/v1/workspace', () => checkApiKey(server.origin, new Secret(key), http)],
  ['POST /api/cli/start-login', () => runbeamLogin(server.origin, depsOf()).begin()],
  [`GET /api/cli/check-login/${device}`, async () => (await runbeamLogin(server.origin, depsOf()).begin()).poll()],
  ['GET /api/.well-known/jwks.json', () => createJwks(depsOf()).key(`${server.origin}/api/.well-known/jwks.json`, 'k')],
  ['GET /api/harmony/base-url', () => resolveBaseUrl(server.origin, http)],
  ['GET /harmony/base-url', () => resolveBaseUrl(server.origin, http)],
  ['POST /harmony/authorize', () => authorizeGateway(cloud(), 'gw')],
  ['POST /api/harmony/authorize', () => authorizeGateway(cloud(), 'gw')],
  ['GET /gateways', () => checkUserToken(cloud())],
  ['GET /api/gateways', () => checkUserToken(cloud())],
  ['GET /admin/info', () => harmony().info()],
  ['GET /admin/pipelines', () => harmony().pipelines()],
  ['GET /admin/routes', () => harmony().routes()],
  ['POST /api/reload', () => harmony().reload()],
  ['POST /admin/update', () => harmony().update()],
  [
    'POST /admin/token',
    () => {
      const kept = { machineToken: new Secret(machine), expiresAt: '2030-01-01T00:00:00Z', gatewayId: 'g', abilities: [] };
      return harmony().deliver({ token: kept, encryptionKey: new Secret(identity) });
    },
  ],
  ['POST /admin/authorize', () => harmony().authorize(token(), 'gw')],
];

describe.each(STATUSES)('status %i', (status) => {
  test.each(CALLS)('%s', async (call, work, ...found) => {
    redirected = { call, status };
    documents = found;
    server.asked.length = 0;
    const failed = await work().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failed !== undefined) expect(failed).toBeInstanceOf(BeamError);
    expect(server.asked.map((one) => one.call)).toContain(call);
    expect({ connections: canary.connections(), received: canary.received() }).toEqual({ connections: 0, received: '' });
  });
});

describe('the programs themselves', () => {
  const keep = closing();

  test('307 to every request: the commands fail, and nobody else is asked', async () => {
    const [edge, place, gateway] = await Promise.all([startBeamAuthEdge({ expiresIn: 1 }), startRunbeamCloud(), startHarmony()]);
    for (const one of [edge, place, gateway]) keep(one);
    const world = keep(createWorld({ env: { RUNBEAM_API_URL: place.origin } }));
    await Promise.all([logIn(world, edge), logInToCloud(world, place)]);
    succeeded(await world.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'gw'));
    const fault = { status: 307, headers: { location: `${canary.origin}/x` }, times: Infinity };
    for (const one of [edge, place, gateway]) one.faults.next('*', fault);

    const server_ = ['--server', edge.origin];
    const env = { BEAMD_SERVER: edge.origin, BEAMD_TOKEN: edge.apiKey };
    const ran = await Promise.all([
      world.beamd('token', ...server_),
      world.beamd('orgs', '--refresh', ...server_),
      world.beamd('status', '--check', ...server_),
      world.run('beamd', ['whoami'], { env }),
      world.runbeam('login'),
      world.runbeam('verify'),
      world.runbeam('harmony:info', '-l', 'gw'),
      world.runbeam('harmony:authorize', '-l', 'gw', '-y'),
      world.runbeam('harmony:authorize', '-l', 'gw', '-y', '--via', 'harmony'),
    ]);
    expect(ran.map((one) => one.code)).toEqual(ran.map(() => 5));
    // A redirect where a discovery document might be means that there is none.
    expect((await world.beamd('login', ...server_)).code).toBe(4);
    expect((await world.beamd('logout', ...server_)).code).toBe(0);
    expect({ connections: canary.connections(), received: canary.received() }).toEqual({ connections: 0, received: '' });
  });
});
