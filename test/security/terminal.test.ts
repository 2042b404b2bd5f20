/** Text from servers on its way to a terminal: no control character, bidi mark or hidden text arrives. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  startBeamAuthEdge,
  startHarmony,
  startRunbeamCloud,
  type BeamAuthEdge,
  type Harmony,
  type RunbeamCloud,
} from '../../sandbox/testing.ts';
import { logIn, logInToCloud, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { EVIL, expectAllClean, expectClean } from '../support/hostile-text.ts';

const PERSON = { login: 'alice', name: `Alice${EVIL}`, email: `alice${EVIL}@example.com` };

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let cloud: RunbeamCloud;
let gateway: Harmony;
let user: CliUser;

beforeAll(async () => {
  edge = keep(await startBeamAuthEdge({ person: PERSON, orgs: [{ slug: 'alice', role: `owner${EVIL}` }] }));
  cloud = keep(await startRunbeamCloud({ person: PERSON }));
  gateway = keep(await startHarmony({ cloud: cloud.origin }));
  user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await Promise.all([logIn(user, edge), logInToCloud(user, cloud)]);
  succeeded(await user.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'gw'));
});

afterEach(() => {
  for (const server of [edge, cloud, gateway]) server.faults.clear();
});

test('logins', () => {
  expectClean('both logins', { code: 0, stdout: user.transcript(), stderr: '' });
  expect(user.transcript()).toContain('Logged in');
});

test('what an edge says', async () => {
  await expectAllClean(user, ['beamd orgs --refresh', 'beamd whoami', 'beamd accounts', 'beamd status --check', 'beamd default']);
  const { stdout } = await user.beamd('whoami', '--json');
  // Harmless on a terminal, and still what the server said.
  expect(stdout).toContain('mark');
  writeFileSync(join(user.work, 'app.yaml'), `server: ${edge.origin}\ntoken: ${edge.apiKey}\n`, { mode: 0o600 });
  const workspace = { slug: `acme${EVIL}`, name: EVIL, provisioned: false, exampleUrl: `https://x/${EVIL}` };
  edge.faults.next('GET /api/v1/workspace', { json: workspace, times: Infinity });
  await expectAllClean(user, ['beamd --config app.yaml', 'beamd --config app.yaml whoami', 'beamd --config app.yaml orgs']);
});

test('a device login', async () => {
  const uris = { verification_uri: `${edge.origin}/device`, verification_uri_complete: `${edge.origin}/device` };
  edge.faults.next('POST /device/code', {
    json: { device_code: 'd', user_code: `AB${EVIL}CD`, expires_in: 1, interval: 1, ...uris },
    times: Infinity,
  });
  edge.faults.next('POST /token', { status: 400, json: { error: EVIL, error_description: EVIL }, times: Infinity });
  await expectAllClean(user, [`beamd login --server ${edge.origin}`]);
});

test('tokens that would act on a terminal are refused', async () => {
  const evil = { access_token: `x${EVIL}`, token_type: 'Bearer', edge: edge.origin, scopes: [] };
  edge.faults.next('POST /token', { json: evil });
  const ran = await user.beamd('login', '--server', edge.origin);
  expectClean('beamd login', ran);
  expect(ran.code).toBe(5);
});

test('what a gateway and Runbeam Cloud say', async () => {
  const texts = (count: number): string[] => Array.from({ length: count }, () => EVIL);
  const pipeline = { id: EVIL, description: EVIL, networks: texts(2), endpoints: texts(1), backends: [], middleware: texts(1) };
  const route = { path: EVIL, methods: texts(2), description: EVIL, endpoint_name: EVIL, service_type: EVIL, pipeline: EVIL };
  const answers = {
    'GET /admin/info': { version: EVIL, uptime: EVIL, os: EVIL, arch: EVIL },
    'GET /admin/pipelines': { pipelines: [pipeline] },
    'GET /admin/routes': { routes: [route] },
    'POST /api/reload': { message: EVIL },
    'POST /admin/update': { message: EVIL, config_size: 7 },
  };
  for (const [call, json] of Object.entries(answers)) gateway.faults.next(call, { json, times: Infinity });
  const named = { id: `g${EVIL}`, code: EVIL, name: EVIL, authorized_by: { name: EVIL, email: EVIL } };
  const issued = { machine_token: 'mt', expires_in: 60, expires_at: '2030-01-01T00:00:00Z', gateway: named, abilities: texts(3) };
  cloud.faults.next('POST /api/harmony/authorize', { json: issued, times: Infinity });
  await expectAllClean(user, [
    ...['info', 'pipelines', 'routes', 'reload', 'update', 'show-key'].map((name) => `runbeam harmony:${name} -l gw`),
    'runbeam harmony:authorize -l gw --update',
    'runbeam harmony:list',
    'runbeam token:get -g gw',
    'runbeam token:get -g gw --raw',
    'runbeam verify',
  ]);
});

test('errors: the text of every refusal', async () => {
  const refusal = { status: 422, json: { message: EVIL, error: EVIL, error_description: EVIL }, times: Infinity };
  for (const server of [edge, cloud, gateway]) {
    server.faults.next('*', refusal);
  }
  await expectAllClean(user, [
    'beamd orgs --refresh',
    'beamd status --check',
    `beamd login --server ${edge.origin}`,
    'runbeam verify',
    'runbeam login',
    'runbeam harmony:info -l gw',
    'runbeam harmony:authorize -l gw -y',
  ]);
});
