/** What users of the two programs type already, as written in the documents of the services, in a real shell. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'valibot';
import { startHarmony, startSandbox, type Harmony, type Sandbox } from '../../sandbox/testing.ts';
import { instanceListSchema } from '../../src/cli/json/runbeam/instances.ts';
import { writeConfig } from '../support/files.ts';
import { logIn, logInToCloud, succeeded } from '../support/login.ts';
import { fitting } from '../support/expect-cli.ts';
import { openShell, type Shell } from '../support/shell.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

/** Where the documents say that Harmony listens. */
const DOCUMENTED_PORT = 8081;

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let sandbox: Sandbox;
let gateway: Harmony;
/** Logged in to both, with two gateways registered. */
let everywhere: CliUser;

beforeAll(async () => {
  sandbox = keepForAll(await startSandbox({ beamAuth: { autoApprove: true } }));
  const options = { cloud: sandbox.cloud.origin };
  gateway = keepForAll(await startHarmony({ ...options, port: DOCUMENTED_PORT }).catch(() => startHarmony(options)));
  everywhere = keepForAll(createCliUser({ env: environment() }));
  await logIn(everywhere, sandbox.beamAuth);
  await logInToCloud(everywhere, sandbox.cloud);
  const other = keepForAll(await startHarmony(options));
  for (const [label, { port }] of [['my-label', gateway] as const, ['my-gateway', other] as const]) {
    succeeded(await everywhere.runbeam('harmony:add', '-p', String(port), '-l', label));
  }
});

const environment = (): Record<string, string> => ({
  BEAMD_DEFAULT_HOST: sandbox.beamAuth.origin,
  RUNBEAM_API_URL: sandbox.cloud.origin,
  // edge.mycompany.com is somebody's: nothing of this test may reach it.
  HTTPS_PROXY: 'http://127.0.0.1:9',
});

/** The shell of a user of this test alone. */
function openShellOf(user: CliUser): Shell {
  const shell = openShell(user);
  return (line) => shell(line.replace(`-p ${DOCUMENTED_PORT}`, `-p ${gateway.port}`));
}

const stranger = (): CliUser => keep(createCliUser({ env: environment() }));
const loggedIn = (): CliUser => keep(createCliUser({ env: environment(), from: everywhere }));

async function works(line: string, sh = openShellOf(loggedIn())): Promise<string> {
  const { code, stdout, stderr } = await sh(line);
  expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: '' });
  return stdout;
}

test('beamd login', async () => {
  const { code, stdout } = await openShellOf(stranger())('beamd login');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `✓ Logged in to ${sandbox.beamAuth.origin} as alice@example.com\nDefault org alice; others: acme, widgets\nIt is now the current server\n`,
  });
});

test('beamd login --server edge.mycompany.com --token <token>', async () => {
  const sh = openShellOf(loggedIn());
  const { code, stdout, stderr } = await sh(`beamd login --server edge.mycompany.com --token ${sandbox.selfHosted.token}`);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout:
      '✓ Logged in to edge.mycompany.com\nThe token was saved without being checked\n' +
      `The current server is still ${sandbox.beamAuth.origin}\nRun: beamd switch edge.mycompany.com\n`,
  });
  expect(stderr).toMatch(/^! A token on the command line .+\nHint: .+\n! edge\.mycompany\.com could not be asked .+\n$/);
});

test('beamd orgs', async () => {
  expect(await works('beamd orgs')).toBe('* alice    owner   default\n  acme     admin\n  widgets  member\n');
});

test('beamd default acme', async () => {
  expect(await works('beamd default acme')).toBe(`✓ The default org on ${sandbox.beamAuth.origin} is now acme\n`);
});

test('beamd --config app.yaml', async () => {
  const { beamAuth } = sandbox;
  const user = loggedIn();
  const path = writeConfig(user, 'app.yaml', { server: beamAuth.origin, token: beamAuth.apiKey });
  expect(await works('beamd --config app.yaml', openShellOf(user))).toBe(
    `✓ ${path}: the key is valid for acme (Acme Inc.) on ${beamAuth.origin}\nExample: https://demo.acme.example.com\n`,
  );
});

test('runbeam login', async () => {
  expect((await logInToCloud(stranger(), sandbox.cloud)).stdout).toMatch(
    new RegExp(
      `^✓ Logged in to Runbeam Cloud at ${sandbox.cloud.origin} as alice@example\\.com\nThe session ends in .+ \\(.+\\)\n$`,
    ),
  );
});

test('runbeam verify', async () => {
  expect(await works('runbeam verify')).toMatch(/^✓ The session is valid\n/);
});

test('runbeam harmony:add -i 127.0.0.1 -p 8081 -x admin -l my-label', async () => {
  expect(await works('runbeam harmony:add -i 127.0.0.1 -p 8081 -x admin -l my-label', openShellOf(stranger()))).toMatch(
    /^✓ Added my-label\nid +[0-9a-f]{8}\n/,
  );
});

test('runbeam harmony:info -l my-gateway', async () => {
  expect(await works('runbeam harmony:info -l my-gateway')).toMatch(/^instance +my-gateway \([0-9a-f]{8}\)\nversion +0\.9\.0\n/);
});

test('runbeam harmony:authorize -l my-label', async () => {
  const uploads = sandbox.cloud.uploads().length;
  expect(await works('runbeam harmony:authorize -l my-label')).toMatch(
    /^✓ Authorized my-label\ngateway {8}Gateway [0-9a-f]{8} \(gw_\d+\)\n/,
  );
  expect(sandbox.cloud.uploads()).toHaveLength(uploads);
});

test('runbeam harmony:authorize --id 1a2b3c4d', async () => {
  const sh = openShellOf(loggedIn());
  const { instances } = parse(instanceListSchema, JSON.parse(await works('runbeam harmony:list --json', sh)));
  expect(await works(`runbeam harmony:authorize --id ${instances[1]?.id ?? ''}`, sh)).toMatch(/^✓ Authorized my-gateway\n/);
  const { code, stdout, stderr } = await sh('runbeam harmony:authorize --id 1a2b3c4d');
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Error: There is no gateway with the id 1a2b3c4d\nRun: runbeam harmony:list\n',
  });
});

test('runbeam harmony:authorize -l my-label --update', async () => {
  const uploads = sandbox.cloud.uploads().length;
  expect(await works('runbeam harmony:authorize -l my-label --update')).toMatch(
    /\n✓ Uploaded the configuration \(\d+ bytes\)\n$/,
  );
  expect(sandbox.cloud.uploads()).toHaveLength(uploads + 1);
});

test('runbeam harmony:authorize -l my-label -y', async () => {
  const uploads = sandbox.cloud.uploads().length;
  expect(await works('runbeam harmony:authorize -l my-label -y')).toMatch(/^✓ Authorized my-label\n/);
  expect(sandbox.cloud.uploads()).toHaveLength(uploads);
});

test('runbeam harmony:reload -l my-label', async () => {
  expect(await works('runbeam harmony:reload -l my-label')).toBe(
    '✓ Reloaded my-label\nIn force without a restart: runbeam\nNetworks restarted: default\n',
  );
});

test('export RUNBEAM_MACHINE_TOKEN=$(runbeam token:get -g my-gateway --raw)', async () => {
  const line = 'export RUNBEAM_MACHINE_TOKEN=$(runbeam token:get -g my-gateway --raw); printf %s "$RUNBEAM_MACHINE_TOKEN"';
  const sh = openShellOf(loggedIn());
  await works('runbeam harmony:authorize -l my-gateway', sh);
  const stdout = await works(line, sh);
  expect(fitting('runbeam:token:get', stdout)).toMatchObject({
    gateway_id: expect.stringMatching(/^gw_\d+$/),
    machine_token: expect.stringMatching(/^mt_/),
  });
  expect(stdout).not.toContain('\n');
  expect(await works(line, sh)).toBe(stdout);
});
